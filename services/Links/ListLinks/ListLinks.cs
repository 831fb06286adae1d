using System.ComponentModel;
using System.Text;
using System.Text.Json.Serialization;
using Dapper;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Links;

/// <summary>GET /api/v1/links</summary>
public static class ListLinks
{
    private const int MaxSearch = 200;

    /// <summary>Counting more would cost too much for a number that nobody reads to the end.</summary>
    private const int MaxTotal = 10_000;

    private const string Now = "@now";
    private const string Running = $"not archived and (active_from is null or active_from <= {Now}) and (expires_at is null or expires_at > {Now})";
    private const string UsedUp = "coalesce(visits_used >= (behavior->>'maxClicks')::bigint, false)";
    private const string Searched = """((code || E'\n' || aliases || E'\n' || url || E'\n' || coalesce(title, '')) collate "und-x-icu")""";

    public sealed record Query(
        [property: FromQuery(Name = "search"), Description("Part of the code, an alias, the URL or the title; case-insensitive.")] string? Search,
        [property: FromQuery(Name = "status"), Description("active, scheduled, expired, usedUp (the click limit is reached), archived, deleted or all. Default: all but archived links; deleted ones are listed only with deleted.")] string? Status,
        [property: FromQuery(Name = "tag"), Description("A tag, in any letter case.")] string? Tag,
        [property: FromQuery(Name = "domain"), Description("The short URL's host.")] string? Domain,
        [property: FromQuery(Name = "createdBy"), Description("The id of the user who created the link.")] Guid? CreatedBy,
        [property: FromQuery(Name = "createdFrom"), Description("Created at or after this time (RFC 3339).")] DateTimeOffset? CreatedFrom,
        [property: FromQuery(Name = "createdTo"), Description("Created before this time (RFC 3339).")] DateTimeOffset? CreatedTo,
        [property: FromQuery(Name = "count"), Description("true adds total, the number of links on all pages.")] bool? Count,
        [property: FromQuery(Name = "sort"), Description("created (default), clicks or title.")] string? Sort,
        [property: FromQuery(Name = "order"), Description("asc or desc. Default: ascending for titles, descending for times and clicks.")] string? Order,
        [property: FromQuery(Name = "limit"), Description("1 to 200, default 50.")] int? Limit,
        [property: FromQuery(Name = "cursor"), Description("nextCursor of the previous page, with the same sort and order.")] string? Cursor);

    public sealed record LinkPage(IReadOnlyList<LinkResponse> Items, string? NextCursor)
    {
        /// <summary>On all pages; 10,000 means as many or more. Only with <c>count=true</c>.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public long? Total { get; init; }
    }

    /// <summary>The sort key of a page's last row: one of <c>At</c>, <c>Clicks</c> and <c>Title</c>, depending on the sort.</summary>
    private sealed record Position(string By, Guid Id, DateTimeOffset? At = null, long? Clicks = null, string? Title = null);

    private sealed record Ordering(string Name, string Expression, bool Descending)
    {
        public string By => Descending ? $"-{Name}" : Name;

        public string Sql => Descending ? $"order by {Expression} desc, id desc" : $"order by {Expression}, id";

        /// <summary>A row comparison: the id orders rows with equal keys, so that none is skipped or repeated.</summary>
        public string After(string key) => $"({Expression}, id) {(Descending ? '<' : '>')} ({key}, @lastId)";
    }

    public static async Task<Results<Ok<LinkPage>, ProblemHttpResult>> HandleAsync(
        [AsParameters] Query query, CurrentWorkspace workspace, Database database, ShortUrls urls, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var size = Paging.Limit(query.Limit, errors);
        var ordering = OrderingOf(query, errors);
        var position = PositionOf(query, ordering, errors);
        var where = new StringBuilder("where workspace_id = @workspaceId");
        var values = new DynamicParameters(new { workspaceId = workspace.Id, now = time.GetUtcNow(), take = size + 1 });
        AddFilters(query, urls, where, values, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        long? total = query.Count is true
            ? await connection.ExecuteScalarAsync<long>($"select count(*) from (select from links {where} limit {MaxTotal}) l", values, cancellationToken)
            : null;
        if (position is not null)
        {
            var (key, value) = KeyOf(position);
            where.Append(" and ").Append(ordering.After(key));
            values.Add("lastKey", value);
            values.Add("lastId", position.Id);
        }

        var rows = await connection.QueryAsync<Link>(
            $"select {LinkStore.Columns} from links {where} {ordering.Sql} limit @take", values, cancellationToken);
        var page = Paging.Page(rows, size, link => LinkResponse.Of(link, urls), link => PositionAt(link, ordering));
        return TypedResults.Ok(new LinkPage(page.Items, page.NextCursor) { Total = total });
    }

    private static Ordering OrderingOf(Query query, ValidationErrors errors)
    {
        if (query.Order is not (null or "" or "asc" or "desc"))
        {
            errors.Add("order", FieldRules.Either("asc", "desc"));
        }

        if (query.Sort is not (null or "" or "created" or "clicks" or "title"))
        {
            errors.Add("sort", FieldRules.OneOf("created", "clicks", "title"));
        }

        bool? descending = query.Order switch { "asc" => false, "desc" => true, _ => null };
        return query.Sort switch
        {
            "clicks" => new Ordering("clicks", "clicks", descending ?? true),
            "title" => new Ordering("title", """(coalesce(title, '') collate "und-x-icu")""", descending ?? false),
            _ => new Ordering("created", "created_at", descending ?? true),
        };
    }

    private static Position? PositionOf(Query query, Ordering ordering, ValidationErrors errors)
    {
        var position = Paging.Decode<Position>(query.Cursor, errors);
        if (position is not null && (position.By != ordering.By || !HasKey(position, ordering.Name)))
        {
            errors.Add("cursor", LinksTexts.Of("list.cursor"));
        }

        return position;
    }

    /// <summary>Cursors are untrusted input: only values that can be a sort key may reach the database.</summary>
    private static bool HasKey(Position position, string sort) => sort switch
    {
        "created" => position is { At: not null, Clicks: null, Title: null },
        "clicks" => position is { Clicks: not null, At: null, Title: null },
        _ => position is { Title: { } title, At: null, Clicks: null } && Slug.IsWellFormed(title) && !title.Any(char.IsControl),
    };

    private static (string Sql, object Value) KeyOf(Position position) => position switch
    {
        { At: { } at } => ("@lastKey", at),
        { Clicks: { } clicks } => ("@lastKey", clicks),
        _ => ("""(@lastKey::text collate "und-x-icu")""", position.Title!),
    };

    private static Position PositionAt(Link link, Ordering ordering) => ordering.Name switch
    {
        "created" => new Position(ordering.By, link.Id, At: link.CreatedAt),
        "clicks" => new Position(ordering.By, link.Id, Clicks: link.Clicks),
        _ => new Position(ordering.By, link.Id, Title: link.Title ?? ""),
    };

    private static void AddFilters(Query query, ShortUrls urls, StringBuilder where, DynamicParameters values, ValidationErrors errors)
    {
        var status = query.Status switch
        {
            null or "" => " and not archived",
            "active" => $" and {Running} and not {UsedUp}",
            "scheduled" => $" and not archived and active_from > {Now}",
            "expired" => $" and not archived and expires_at <= {Now}",
            "usedUp" => $" and {Running} and {UsedUp}",
            "archived" => " and archived",
            "deleted" or "all" => "",
            _ => null,
        };
        if (status is null)
        {
            errors.Add("status", FieldRules.OneOf("active", "scheduled", "expired", "usedUp", "archived", "deleted", "all"));
        }

        where.Append(status).Append(query.Status == "deleted" ? " and deleted_at is not null" : " and deleted_at is null");
        if (Filter("search", query.Search, MaxSearch, errors) is { } search)
        {
            where.Append($" and {Searched} ilike @pattern");
            values.Add("pattern", $"%{Escape(search)}%");
        }

        if (Filter("tag", query.Tag, LinkInput.MaxTag, errors) is { } tag)
        {
            where.Append(" and tag_keys(tags) @> tag_keys(array[@tag])");
            values.Add("tag", tag);
        }

        if (!string.IsNullOrEmpty(query.Domain))
        {
            where.Append(" and domain = @domain");
            values.Add("domain", urls.Domain(query.Domain, errors));
        }

        AddOrigin(query, where, values, errors);
    }

    private static void AddOrigin(Query query, StringBuilder where, DynamicParameters values, ValidationErrors errors)
    {
        if (query.CreatedFrom >= query.CreatedTo)
        {
            errors.Add("createdTo", FieldRules.After("createdFrom"));
        }

        if (query.CreatedBy is { } creator)
        {
            where.Append(" and created_by = @creator");
            values.Add("creator", creator);
        }

        if (query.CreatedFrom is { } from)
        {
            where.Append(" and created_at >= @createdFrom");
            values.Add("createdFrom", from.ToUniversalTime());
        }

        if (query.CreatedTo is { } to)
        {
            where.Append(" and created_at < @createdTo");
            values.Add("createdTo", to.ToUniversalTime());
        }
    }

    /// <returns>Trimmed, in normalization form C as stored; null for no filter.</returns>
    private static string? Filter(string field, string? text, int maxLength, ValidationErrors errors)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (Characters.Exceed(text, maxLength) || !Slug.IsWellFormed(text) || text.Any(char.IsControl))
        {
            errors.Add(field, LinksTexts.Of("list.filter", ("max", maxLength)));
            return null;
        }

        return text.Trim().Normalize(NormalizationForm.FormC);
    }

    private static string Escape(string text) => text
        .Replace(@"\", @"\\", StringComparison.Ordinal)
        .Replace("%", @"\%", StringComparison.Ordinal)
        .Replace("_", @"\_", StringComparison.Ordinal);
}
