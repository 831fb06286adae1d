using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Lists of links and changes of many.</summary>
internal sealed partial class FakeApi
{
    /// <summary>The list's parameters, as sent.</summary>
    private sealed record ListQuery(
        string? Search, string? Status, string? Tag, string? Domain, string? CreatedBy, string? CreatedFrom, string? CreatedTo, string? Sort, string? Order,
        int Limit, string? Cursor);

    private IResult ListLinks(HttpRequest request, [AsParameters] ListQuery query)
    {
        if (Caller(request) is not { } account)
        {
            return Problem(401, "unauthorized");
        }

        if (query.CreatedBy is { } by && !Guid.TryParse(by, out _))
        {
            return Invalid("createdBy", "Not an id.");
        }

        foreach (var (field, text) in new[] { ("createdFrom", query.CreatedFrom), ("createdTo", query.CreatedTo) })
        {
            if (text is not null && !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _))
            {
                return Invalid(field, "Not a time.");
            }
        }

        var all = account.Links.ToArray().Reverse().Where(link => Matches(link, query));
        var descending = query.Order != "asc";
        var found = (query.Sort switch
        {
            "clicks" => descending ? all.OrderByDescending(link => link.Clicks) : all.OrderBy(link => link.Clicks),
            "title" => descending ? all.OrderByDescending(link => link.Title ?? "", StringComparer.OrdinalIgnoreCase) : all.OrderBy(link => link.Title ?? "", StringComparer.OrdinalIgnoreCase),
            _ => descending ? all : all.Reverse(),
        }).ToArray();
        var skip = int.TryParse(query.Cursor, CultureInfo.InvariantCulture, out var from) ? from : 0;
        return Results.Json(new
        {
            items = found.Skip(skip).Take(query.Limit).Select(Shown),
            nextCursor = skip + query.Limit < found.Length ? (skip + query.Limit).ToString(CultureInfo.InvariantCulture) : null,
            total = found.Length,
        });
    }

    private static bool Matches(LinkRow link, ListQuery query)
    {
        var now = TimeProvider.System.GetUtcNow();
        var isExpired = (DateTimeOffset?)link.Beyond["expiresAt"] <= now;
        var isScheduled = (DateTimeOffset?)link.Beyond["activeFrom"] > now;
        var isUsedUp = (bool?)link.Beyond["usedUp"] == true;
        return (query.Search is null || (link.Code + link.Url + link.Title).Contains(query.Search, StringComparison.OrdinalIgnoreCase))
            && (query.Tag is null || link.Tags.Contains(query.Tag, StringComparer.OrdinalIgnoreCase))
            && (query.CreatedBy is null || link.CreatedBy == Guid.Parse(query.CreatedBy))
            && (query.CreatedFrom is null || link.CreatedAt >= Moment(query.CreatedFrom)) && (query.CreatedTo is null || link.CreatedAt < Moment(query.CreatedTo))
            && (link.DeletedAt is not null) == (query.Status == "deleted")
            && query.Status switch
            {
                null => !link.Archived,
                "archived" => link.Archived,
                "active" => !link.Archived && !isExpired && !isScheduled && !isUsedUp,
                "scheduled" => !link.Archived && isScheduled,
                "expired" => !link.Archived && isExpired,
                "usedUp" => !link.Archived && isUsedUp,
                _ => true,
            };
    }

    private void MapManyLinks(RouteGroupBuilder links)
    {
        links.MapPatch("/", (HttpRequest request, JsonObject body) => Caller(request) is not { } account
            ? Problem(401, "unauthorized")
            : Results.Json(ChangeAll(account, body)));
        links.MapPost("/{id:guid}/duplicate", (HttpContext context, Guid id) => WithLink(context, id, (account, link) =>
        {
            if (MadeBefore(context.Request, account) is { } earlier)
            {
                return Results.Json(Shown(earlier), statusCode: 201);
            }

            var copy = AddLink(account, RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 7), link.Url, link.Title);
            copy.Keep((JsonObject)link.Beyond.DeepClone());
            copy.Beyond["archived"] = false;
            Remember(context.Request, account, copy);
            return Results.Json(Shown(copy), statusCode: 201);
        }));
        links.MapDelete("/{id:guid}", (HttpContext context, Guid id, bool? permanent, bool? onlyIfDeleted) =>
        {
            if (Caller(context.Request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (account.Links.ToArray().FirstOrDefault(link => link.Id == id && (permanent == true || link.DeletedAt is null)) is not { } link)
            {
                return Problem(404, "not-found");
            }

            if (onlyIfDeleted == true && link.DeletedAt is null)
            {
                return Problem(409, "conflict", "\"detail\":\"Somebody has restored it.\"");
            }

            link.DeletedAt = TimeProvider.System.GetUtcNow();
            if (permanent == true)
            {
                account.Links.Remove(link);
            }

            return Results.NoContent();
        });
        _app.MapGet("/api/v1/tags", (HttpRequest request) => Caller(request) is { } account
            ? Results.Json(new
            {
                items = account.Links.ToArray().Where(link => link.DeletedAt is null).SelectMany(link => link.Tags).GroupBy(tag => tag)
                    .OrderByDescending(tag => tag.Count()).ThenBy(tag => tag.Key).Select(tag => new { name = tag.Key, links = tag.Count() }),
            })
            : Problem(401, "unauthorized"));
        _app.MapGet("/api/v1/analytics/daily-clicks", (HttpRequest request, string ids) => Caller(request) is { } account
            ? Results.Json(new
            {
                from = "2026-11-01",
                days = 30,
                items = ids.Split(',').Select(id => new { id, clicks = DaysOf(account.Links.ToArray().FirstOrDefault(link => link.Id == Guid.Parse(id))?.Clicks ?? 0) }),
            })
            : Problem(401, "unauthorized"));
    }

    private readonly ConcurrentDictionary<(Guid Account, string Key), LinkRow> _made = new();

    /// <summary>The link that a request with this Idempotency-Key has made.</summary>
    private LinkRow? MadeBefore(HttpRequest request, Account account) =>
        request.Headers["Idempotency-Key"] is [{ } key] && _made.TryGetValue((account.Id, key), out var link) ? link : null;

    private void Remember(HttpRequest request, Account account, LinkRow link)
    {
        if (request.Headers["Idempotency-Key"] is [{ } key])
        {
            _made[(account.Id, key)] = link;
        }
    }

    private static long[] DaysOf(long clicks) => [.. Enumerable.Range(0, 30).Select(day => (long)(clicks * (1.3 + Math.Sin(day / 1.11) + (day / 30.0)) / 54))];

    private static object ChangeAll(Account account, JsonObject body)
    {
        var results = body["ids"]!.AsArray().Select(id => (Guid)id!).Select(id =>
        {
            var link = account.Links.ToArray().FirstOrDefault(link => link.Id == id && (link.DeletedAt is null || body["deleted"] is not null));
            return new { id, outcome = link is null ? "notFound" : ((bool?)body["deleted"] != true || link.DeletedAt is null) && ChangeOne(link, body) ? "changed" : "unchanged" };
        }).ToArray();
        return new { changed = results.Count(result => result.outcome == "changed"), results };
    }

    private static bool ChangeOne(LinkRow link, JsonObject body)
    {
        var before = (link.Archived, link.DeletedAt, string.Join(',', link.Tags));
        var removed = body["removeTags"]?.AsArray().Select(tag => (string)tag!).ToArray() ?? [];
        link.Beyond["tags"] = new JsonArray([.. link.Tags.Union(body["addTags"]?.AsArray().Select(tag => (string)tag!) ?? []).Except(removed).Select(tag => (JsonNode)tag)]);
        link.Beyond["archived"] = (bool?)body["archived"] ?? link.Archived;
        link.DeletedAt = (bool?)body["deleted"] switch { true => TimeProvider.System.GetUtcNow(), false => null, null => link.DeletedAt };
        return before != (link.Archived, link.DeletedAt, string.Join(',', link.Tags));
    }
}
