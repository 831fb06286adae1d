using System.Buffers;
using System.Text.Json;
using Dapper;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace LinkShort.Links;

/// <summary>/internal/routes: fills redirect's read model and looks up codes that are missing in it.</summary>
public static class Routes
{
    private const int DefaultLimit = 1_000;
    private const int MaxLimit = 10_000;
    private const int DefaultRanges = 200;
    private const int MaxRanges = 1_000;

    /// <summary>
    /// GET /internal/routes?after=&amp;upTo=&amp;limit=: every link of every workspace, including archived ones, one <see cref="LinkSnapshot"/>
    /// per line (NDJSON), ordered by id.
    /// </summary>
    /// <param name="after">The <c>linkId</c> of the last line read. Default: from the start. A page shorter than the limit is the last.</param>
    /// <param name="upTo">The last id to return. Default: all that follow.</param>
    /// <param name="limit">1 to 10,000, default 1,000.</param>
    public static async Task<IResult> ListAsync(
        Guid? after, Guid? upTo, int? limit, Database database, IOptions<JsonOptions> json, HttpContext context, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > MaxLimit)
        {
            return ValidationErrors.Of("limit", FieldRules.Range(1, MaxLimit));
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        await using var links = connection.QueryUnbufferedAsync<Link>(
            $"""
            -- every workspace: redirect serves the links of all of them; only services with the internal key get here
            select {LinkStore.Columns} from links
            where id > @after and (@upTo::uuid is null or id <= @upTo) and deleted_at is null order by id limit @limit
            """,
            new { after = after ?? Guid.Empty, upTo, limit = limit ?? DefaultLimit }).GetAsyncEnumerator(cancellationToken);
        // Before the first byte, while an outage can still be reported by the status code.
        var more = await links.MoveNextAsync();
        context.Response.ContentType = "application/x-ndjson";
        for (; more; more = await links.MoveNextAsync())
        {
            await JsonSerializer.SerializeAsync(context.Response.BodyWriter, links.Current.ToSnapshot(), json.Value.SerializerOptions, cancellationToken);
            context.Response.BodyWriter.Write("\n"u8);
        }

        return TypedResults.Empty;
    }

    /// <summary>GET /internal/routes/count: the number of links that <see cref="ListAsync"/> lists, as a JSON number.</summary>
    public static async Task<Ok<long>> CountAsync(Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return TypedResults.Ok(await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "-- every workspace: redirect serves the links of all of them\nselect count(*) from links where deleted_at is null", commandTimeout: 0, cancellationToken: cancellationToken)));
    }

    /// <summary>
    /// GET /internal/routes/ranges?after=&amp;upTo=&amp;size=&amp;limit=: the number of links in each range of ids and a checksum of their
    /// versions, with which a copy verifies itself. Ranges are contiguous; the last one is open-ended once all links were counted.
    /// </summary>
    /// <param name="after">The <c>upTo</c> of the last range read. Default: from the start.</param>
    /// <param name="upTo">The last id to count. Default: all that follow.</param>
    /// <param name="size">Links per range, 1 to 10,000, default 1,000.</param>
    /// <param name="limit">Number of ranges, 1 to 1,000, default 200.</param>
    public static async Task<Results<Ok<List<LinkRange>>, ProblemHttpResult>> RangesAsync(
        Guid? after, Guid? upTo, int? size, int? limit, Database database, CancellationToken cancellationToken)
    {
        if (size is < 1 or > MaxLimit)
        {
            return ValidationErrors.Of("size", FieldRules.Range(1, MaxLimit));
        }

        if (limit is < 1 or > MaxRanges)
        {
            return ValidationErrors.Of("limit", FieldRules.Range(1, MaxRanges));
        }

        var ranges = limit ?? DefaultRanges;
        await using var connection = await database.OpenAsync(cancellationToken);
        // Ordered by primary key, so that a call reads only its own part of the table.
        var counted = (await connection.QueryAsync<LinkRange>(new CommandDefinition(
            """
            -- every workspace: redirect serves the links of all of them
            select (array_agg(id) filter (where number % @size = 0))[1] as up_to, count(*) as links, bit_xor(uuid_hash_extended(id, version)) as checksum
            from (
                select id, version, row_number() over (order by id) as number
                from links where id > @after and (@upTo::uuid is null or id <= @upTo) and deleted_at is null
                order by id limit @links
            ) l
            group by (number - 1) / @size order by (number - 1) / @size
            """,
            new { after = after ?? Guid.Empty, upTo, size = size ?? DefaultLimit, links = (long)ranges * (size ?? DefaultLimit) },
            commandTimeout: 0, cancellationToken: cancellationToken))).AsList();
        if (counted.Count < ranges && (counted.Count == 0 || counted[^1].UpTo is not null))
        {
            counted.Add(new LinkRange(null, 0, 0));
        }

        return TypedResults.Ok(counted);
    }

    /// <summary>GET /internal/routes/by-code?domain=&amp;code=: the link with this code or alias, archived or not.</summary>
    public static async Task<Results<Ok<LinkSnapshot>, ProblemHttpResult>> FindAsync(
        string? domain, string code, Database database, CodeKeys keys, CancellationToken cancellationToken)
    {
        // Codes come from visitors unchecked; an invalid one needs no query.
        if (!Slug.TryParse(code, out var slug, out _) || domain is { Length: > 253 } || domain?.All(char.IsAscii) == false)
        {
            return Problems.NotFound.Result();
        }

        var host = domain?.ToLowerInvariant() ?? "";
        await using var connection = await database.OpenAsync(cancellationToken);
        var link = await connection.QuerySingleOrDefaultAsync<Link>(
            $"""
            -- every workspace: a visitor has none; (domain, code_key) is unique over all of them
            select {LinkStore.Columns} from links
            where id = (select link_id from link_codes where domain = @host and code_key = @key) and deleted_at is null
            """,
            new { host, key = keys.Of(host, slug.Value) }, cancellationToken);
        return link is null ? Problems.NotFound.Result() : TypedResults.Ok(link.ToSnapshot());
    }
}
