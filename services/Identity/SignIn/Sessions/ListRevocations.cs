using System.Globalization;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>
/// The revocations that services poll, in addition to the events. The cursor is a transaction id: a revocation whose transaction was open
/// is returned by the next request, so that none is skipped. Some are returned twice.
/// </summary>
public static class ListRevocations
{
    /// <summary>For other services.</summary>
    public static async Task<Results<Ok<CurrentRevocations>, ProblemHttpResult>> HandleAsync(
        string? after, RevocationTable table, CancellationToken cancellationToken) =>
        string.IsNullOrEmpty(after) || ulong.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? TypedResults.Ok(await table.ReadAsync(after, cancellationToken))
            : ValidationErrors.Of("after", IdentityTexts.Of("signIn.revocationCursor"));
}

/// <summary>identity reads its own database, instead of a request to itself.</summary>
public sealed class RevocationTable(Database database, TimeProvider time) : IRevocationSource
{
    public async Task<CurrentRevocations> ReadAsync(string? after, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        // Read first: an open transaction may commit while the rows are read.
        var open = await connection.QuerySingleAsync<string>(
            "select pg_snapshot_xmin(pg_current_snapshot())::text", null, cancellationToken);
        // A database restored from a backup may have lower transaction ids.
        var from = ulong.TryParse(after, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && last <= ulong.Parse(open, NumberStyles.None, CultureInfo.InvariantCulture) ? after : "0";
        var rows = await connection.QueryAsync<AccessRevoked>(
            """
            select id as revocation_id, kind, subject, issued_before, ends_at
            from revocations where xact >= @from::text::xid8 and ends_at > @Now
            """,
            new { from, Now = time.GetUtcNow() }, cancellationToken);
        return new CurrentRevocations(open, rows);
    }
}
