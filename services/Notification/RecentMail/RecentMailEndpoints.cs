using Dapper;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Notification.RecentMail;

/// <param name="State">queued, sent or failed.</param>
public sealed record MailSummary(
    Guid Id, string Kind, string Recipient, string Subject, string Locale, string State, int Attempts, string? LastError, DateTimeOffset CreatedAt, DateTimeOffset? SentAt);

/// <summary>What was mailed lately, for operators.</summary>
public static class RecentMailEndpoints
{
    public static void MapRecentMail(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/mail", ListAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();

    /// <summary>Newest first.</summary>
    public static async Task<Results<Ok<Page<MailSummary>>, ProblemHttpResult>> ListAsync(
        int? limit, string? cursor, Database database, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var count = Paging.Limit(limit, errors);
        var last = Paging.Decode<IdCursor>(cursor, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        // Ids are version 7: their order is that of time.
        var rows = await connection.QueryAsync<MailSummary>(
            """
            select id, kind, recipient, subject, locale, state, attempts, last_error, created_at, sent_at
            from outgoing_mail
            where @Last::uuid is null or id < @Last
            order by id desc
            limit @Limit
            """,
            new { Last = last?.Id, Limit = count + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, count, row => row, row => new IdCursor(row.Id)));
    }

}
