using System.Globalization;
using System.IO.Compression;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Privacy.Exports;

/// <summary>
/// Fetches the parts of an export once all services have theirs ready, and combines them into one ZIP with a folder per service. Failed
/// fetches are retried, other exports proceed meanwhile, and replicas take different ones. Also deletes expired exports.
/// </summary>
public sealed partial class ExportAssembly(
    Database database, IHttpClientFactory http, InternalKey key, SecurityNotices notices, IOptions<PrivacyOptions> options, TimeProvider time,
    ILogger<ExportAssembly> logger) : BackgroundJob(What, time, logger)
{
    public const string HttpClientName = "export parts";

    private const string What = "Assembling exports";

    private const string Readme = """
        All that LinkShort keeps about you, and what your workspaces hold that nobody else is in.

        There is a folder for each part of LinkShort, in it a file for each table, as JSON and as CSV with the same content.
        What is kept, why, how long, and what is left out here (password hashes, for example) is in the privacy notice.
        In CSV an apostrophe is put in front of what a spreadsheet would take for a formula.

        """;

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    protected override TimeSpan Interval => options.Value.JobInterval;

    protected override async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await AssembleOneAsync(cancellationToken))
        {
        }

        await CleanAsync(cancellationToken);
    }

    private async Task<bool> AssembleOneAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var due = await work.QuerySingleOrDefaultAsync<Due>(
            """
            select id, user_id, expires_at from exports e
            where state = 'collecting' and id <> all(@Waiting)
                and (select count(*) from export_reports r where r.export_id = e.id and r.service = any(@Services)) = @Count
            order by id limit 1 for update skip locked
            """,
            new { Services = PrivacyParts.Exporting.ToArray(), PrivacyParts.Exporting.Count, _failed.Waiting }, cancellationToken);
        if (due is null)
        {
            return false;
        }

        await _failed.TryAsync(due.Id, () => AssembleAsync(work, due, cancellationToken), cancellationToken);
        return true;
    }

    private async Task AssembleAsync(UnitOfWork work, Due due, CancellationToken cancellationToken)
    {
        var archive = await ZipAsync(due.Id, work, cancellationToken);
        await work.ExecuteAsync(
            "update exports set state = 'ready', ready_at = @Now, archive = @archive where id = @Id",
            new { due.Id, archive, Now = Time.GetUtcNow() }, cancellationToken);
        work.Publish(new ExportClosed(due.Id));
        await notices.RaiseAsync(
            work, due.UserId, SecurityNoticeKinds.ExportReady, due.ExpiresAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    private async Task<byte[]> ZipAsync(Guid id, UnitOfWork work, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            await using (var readme = await zip.CreateEntry("README.txt").OpenAsync(cancellationToken))
            {
                await readme.WriteAsync(Encoding.UTF8.GetBytes(Readme), cancellationToken);
            }

            foreach (var service in PrivacyParts.Exporting)
            {
                using var part = new ZipArchive(new MemoryStream(await PartAsync(service, id, work, cancellationToken)), ZipArchiveMode.Read);
                foreach (var entry in part.Entries)
                {
                    await using var from = await entry.OpenAsync(cancellationToken);
                    await using var to = await zip.CreateEntry($"{service}/{entry.FullName}").OpenAsync(cancellationToken);
                    await from.CopyToAsync(to, cancellationToken);
                }
            }
        }

        return bytes.ToArray();
    }

    private async Task<byte[]> PartAsync(string service, Guid id, UnitOfWork work, CancellationToken cancellationToken)
    {
        if (service == "identity")
        {
            return await work.ExecuteScalarAsync<byte[]>(
                "select body from export_parts where export_id = @id", new { id }, cancellationToken)
                ?? throw new InvalidOperationException("identity reported its part as ready, but there is none.");
        }

        using var client = http.CreateClient(HttpClientName);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https+http://{service}/internal/exports/{id}");
        request.Headers.Add(InternalKey.Header, key.Key);
        using var response = await client.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    /// <summary>Deletes expired exports, and fails those that a service never answered.</summary>
    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        var failed = await work.QueryAsync<Guid>(
            "update exports set state = 'failed' where state = 'collecting' and requested_at < @Before returning id",
            new { Before = now - options.Value.ExportTimeout }, cancellationToken);
        foreach (var id in failed)
        {
            work.Publish(new ExportClosed(id));
            Log.GivenUp(Logger, id);
        }

        await work.ExecuteAsync(
            "delete from exports where expires_at < @now and state <> 'collecting'", new { now }, cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    private sealed record Due(Guid Id, Guid UserId, DateTimeOffset ExpiresAt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Export {Id} failed: a service did not provide its part in time.")]
        public static partial void GivenUp(ILogger logger, Guid id);
    }
}
