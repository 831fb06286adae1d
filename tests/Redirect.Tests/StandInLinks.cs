using System.Collections.Concurrent;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.Redirect.Tests;

/// <summary>A stand-in for the links service with its internal endpoints, over HTTP.</summary>
public sealed class StandInLinks : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _requestedCodes = [];
    private int _pages;
    private volatile HeldPages? _held;
    private volatile HeldPages? _heldCode;

    private StandInLinks(WebApplication app) => _app = app;

    public ConcurrentDictionary<string, LinkSnapshot> Links { get; } = new(StringComparer.Ordinal);

    /// <summary>The suspensions. The list's revision is the highest of theirs.</summary>
    public ConcurrentDictionary<string, SuspensionChanged> Suspensions { get; } = new(StringComparer.Ordinal);

    /// <summary>Answers 503 to everything.</summary>
    public bool IsAway { get; set; }

    /// <summary>Codes are case-insensitive.</summary>
    public bool FoldsCodes { get; set; }

    /// <summary>Called with the <c>after</c> of each page of links before it is read.</summary>
    public Action<Guid?>? ReadingPage { get; set; }

    /// <summary>Any database: PostgreSQL computes the checksums.</summary>
    public string? Database { get; set; }

    /// <summary>The bounds of each request for ranges.</summary>
    public ConcurrentQueue<(Guid? After, Guid? UpTo)> Comparisons { get; } = new();

    /// <summary>Number of requests for a page of links.</summary>
    public int Pages => Volatile.Read(ref _pages);

    /// <summary>Number of requests for a code.</summary>
    public int CodeRequests => _requestedCodes.Count;

    public int RequestsOf(string code) => _requestedCodes.Count(each => each == code);

    public string Address => _app.Urls.First();

    /// <summary>Holds pages of links after they were read, until <see cref="HeldPages.Release"/>.</summary>
    public HeldPages HoldPages() => _held = new HeldPages();

    /// <summary>Holds the answer for the next code after it was read, until <see cref="HeldPages.Release"/>.</summary>
    public HeldPages HoldCode() => _heldCode = new HeldPages();

    public static async Task<StandInLinks> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var links = new StandInLinks(app);
        app.Use((context, next) =>
        {
            var status = links.IsAway ? 503 : context.Request.Headers[InternalKey.Header] == Servers.InternalKey ? 200 : 401;
            context.Response.StatusCode = status;
            return status == 200 ? next(context) : Task.CompletedTask;
        });
        app.MapGet("/internal/routes/by-code", async (string domain, string code) =>
        {
            links._requestedCodes.Enqueue(code);
            string KeyOf(string text) => links.FoldsCodes ? CodeFolding.Fold(text) : text;
            var found = links.Links.TryGetValue(code, out var link)
                || (link = links.Links.Values.FirstOrDefault(each => (each.Aliases ?? []).Append(each.Code).Any(own => KeyOf(own) == KeyOf(code)))) is not null;
            var held = links._heldCode;
            links._heldCode = null;
            await (held?.WaitAsync() ?? Task.CompletedTask);
            return found && link!.Domain == domain ? Results.Json(link, Json) : Results.NotFound();
        });
        app.MapGet("/internal/suspensions", () => Results.Json(new
        {
            revision = links.Suspensions.Values.Select(item => item.Revision).DefaultIfEmpty().Max(),
            items = links.Suspensions.Values.Where(item => item.Suspended),
        }, Json));
        app.MapGet("/internal/routes/count", () => links.Links.Count);
        app.MapGet("/internal/routes/ranges", async (Guid? after, Guid? upTo, int size, int limit) =>
        {
            links.Comparisons.Enqueue((after, upTo));
            return Results.Json(await links.RangesAsync([.. links.Between(after, upTo).Take(size * limit)], size, limit), Json);
        });
        app.MapGet("/internal/routes", async (Guid? after, Guid? upTo, int limit) =>
        {
            Interlocked.Increment(ref links._pages);
            links.ReadingPage?.Invoke(after);
            if (links.IsAway)
            {
                return Results.StatusCode(503);
            }

            var page = string.Concat(links.Between(after, upTo)
                .Take(limit).Select(link => JsonSerializer.Serialize(link, Json) + "\n"));
            if (links._held is { } held)
            {
                await held.WaitAsync();
            }

            return Results.Text(page, "application/x-ndjson");
        });
        await app.StartAsync();
        return links;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private IEnumerable<LinkSnapshot> Between(Guid? after, Guid? upTo) => Links.Values.OrderBy(link => link.LinkId)
        .Where(link => (after is null || link.LinkId.CompareTo(after.Value) > 0) && (upTo is null || link.LinkId.CompareTo(upTo.Value) <= 0));

    private async Task<List<LinkRange>> RangesAsync(LinkSnapshot[] links, int size, int limit)
    {
        var ranges = new List<LinkRange>();
        await using var source = NpgsqlDataSource.Create(Database + ";Pooling=false");
        foreach (var range in links.Chunk(size))
        {
            await using var command = source.CreateCommand("select bit_xor(uuid_hash_extended(id, version)) from unnest($1, $2) as l (id, version)");
            command.Parameters.Add(new NpgsqlParameter { Value = range.Select(link => link.LinkId).ToArray() });
            command.Parameters.Add(new NpgsqlParameter { Value = range.Select(link => link.Version).ToArray() });
            ranges.Add(new LinkRange(range.Length == size ? range[^1].LinkId : null, range.Length, (long)(await command.ExecuteScalarAsync())!));
        }

        return ranges.Count < limit && (ranges.Count == 0 || ranges[^1].UpTo is not null) ? [.. ranges, new LinkRange(null, 0, 0)] : ranges;
    }
}

/// <summary>What links has read but not sent yet.</summary>
public sealed class HeldPages
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The first was read.</summary>
    public Task Started => _started.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public void Release() => _released.TrySetResult();

    internal Task WaitAsync()
    {
        _started.TrySetResult();
        return _released.Task;
    }
}
