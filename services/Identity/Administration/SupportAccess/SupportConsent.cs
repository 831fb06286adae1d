using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration.SupportAccess;

/// <summary>GET, PUT and DELETE /api/v1/me/support-access: whether operators may view the user's account.</summary>
public static class SupportConsent
{
    private const int MaxHours = 168;

    private const int MaxViews = 20;

    public sealed record Request
    {
        /// <summary>How long the consent lasts, 1 to 168.</summary>
        public required int Hours { get; init; }
    }

    /// <param name="AllowedUntil">Null when operators may not view the account.</param>
    /// <param name="Views">The last twenty, newest first.</param>
    public sealed record Response(DateTimeOffset? AllowedUntil, IReadOnlyList<View> Views);

    /// <param name="EndedAt">For an open view, when it ends at the latest.</param>
    public sealed record View(DateTimeOffset StartedAt, DateTimeOffset EndedAt);

    public static async Task<Ok<Response>> ReadAsync(CurrentUser user, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        return TypedResults.Ok(await ReadAsync(work, user.Id, time, cancellationToken));
    }

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> GrantAsync(
        Request body, CurrentUser user, Database database, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Hours is < 1 or > MaxHours)
        {
            return ValidationErrors.Of("hours", FieldRules.Range(1, MaxHours));
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var now = time.GetUtcNow();
        var until = now.AddHours(body.Hours);
        await work.ExecuteAsync(
            """
            insert into support_consents (user_id, granted_at, expires_at) values (@Id, @now, @until)
            on conflict (user_id) do update set granted_at = excluded.granted_at, expires_at = excluded.expires_at
            """,
            new { user.Id, now, until }, cancellationToken);
        work.Publish(audit.Entry("supportAccess.granted", "user", user.Id, after: new { until }));
        var response = await ReadAsync(work, user.Id, time, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(response);
    }

    /// <summary>Also ends open views; their tokens are refused everywhere within a second.</summary>
    public static async Task<NoContent> WithdrawAsync(
        CurrentUser user, Database database, AccountViews views, AuditTrail audit, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var withdrawn = await work.ExecuteAsync(
            "delete from support_consents where user_id = @Id", new { user.Id }, cancellationToken) > 0;
        await views.EndForUserAsync(work, user.Id, cancellationToken);
        if (withdrawn)
        {
            work.Publish(audit.Entry("supportAccess.withdrawn", "user", user.Id));
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Response> ReadAsync(UnitOfWork work, Guid userId, TimeProvider time, CancellationToken cancellationToken)
    {
        var until = await work.ExecuteScalarAsync<DateTimeOffset?>(
            "select expires_at from support_consents where user_id = @userId and expires_at > @Now",
            new { userId, Now = time.GetUtcNow() }, cancellationToken);
        // every workspace: views of the user's own account
        var views = await work.QueryAsync<View>(
            "select started_at, coalesce(ended_at, expires_at) as ended_at from account_views where user_id = @userId order by id desc limit @MaxViews",
            new { userId, MaxViews }, cancellationToken);
        return new Response(until, views);
    }
}
