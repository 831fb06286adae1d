using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Login;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Privacy.Erasure;

/// <summary>DELETE /api/v1/me, POST /api/v1/me/restore, GET /api/v1/me/erasure and /api/v1/me/erasure/{id}</summary>
public static class DeleteAccount
{
    public sealed record Request
    {
        /// <summary>Optional, as a recent sign-in is required. If sent, it must be the account's.</summary>
        public string? Password { get; init; }
    }

    /// <param name="Id">The receipt's id, which is also emailed. Once the account is erased, it is the only way to the receipt.</param>
    /// <param name="DueAt">When the account is erased, unless its owner signs in before.</param>
    public sealed record Scheduled(string Id, DateTimeOffset DueAt);

    /// <param name="DueAt">Null when no deletion is scheduled.</param>
    /// <param name="GraceSeconds">How long a deletion can be cancelled.</param>
    public sealed record Status(DateTimeOffset? DueAt, long GraceSeconds);

    /// <param name="State">scheduled, cancelled, erasing or completed.</param>
    /// <param name="Services">What each service erased.</param>
    public sealed record Receipt(
        string State, DateTimeOffset RequestedAt, DateTimeOffset DueAt, DateTimeOffset? ErasedAt, DateTimeOffset? CompletedAt, IReadOnlyList<Report> Services);

    public sealed record Report(string Service, DateTimeOffset CompletedAt, IReadOnlyList<ErasedRows> Counts);

    public static async Task<Results<Accepted<Scheduled>, ProblemHttpResult>> HandleAsync(
        [FromBody] Request body, CurrentUser user, UserManager<User> users, LoginAttempts attempts, Erasures erasures, Database database,
        HttpContext context, CancellationToken cancellationToken)
    {
        if (context.User.HasClaim(claim => claim.Type == Tokens.Claims.ViewedBy))
        {
            return Problems.Forbidden.Result(IdentityTexts.Of("privacy.onlyOwnerDeletes"));
        }

        if (await users.FindByIdAsync(user.Id.ToString()) is not { } account)
        {
            return Problems.Unauthorized.Result();
        }

        if (await RefuseAsync(body, account, users, attempts, context, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await work.ExecuteAsync("select from users where id = @Id for update", new { user.Id }, cancellationToken);
        if (await OwnedAloneAmongOthersAsync(work, user.Id, cancellationToken) is { Count: > 0 } names)
        {
            return Problems.LastOwner.Result(IdentityTexts.Of("privacy.othersWork", ("workspaces", string.Join(", ", names))), ("workspaces", names));
        }

        var scheduled = await erasures.ScheduleAsync(work, user.Id, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.Accepted($"/api/v1/me/erasure/{scheduled.Id}", scheduled);
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> RestoreAsync(
        CurrentUser user, Erasures erasures, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (!await erasures.CancelAsync(work, user.Id, cancellationToken))
        {
            return Problems.NotFound.Result(IdentityTexts.Of("privacy.notScheduled"));
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    public static async Task<Ok<Status>> StatusAsync(
        CurrentUser user, Database database, IOptions<PrivacyOptions> options, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return TypedResults.Ok(new Status(await connection.ExecuteScalarAsync<DateTimeOffset?>(
            "select due_at from erasures where user_id = @Id and state = 'scheduled'", new { user.Id }, cancellationToken),
            (long)options.Value.ErasureGrace.TotalSeconds));
    }

    /// <summary>Anonymous, because the account is gone and nobody can sign in to it; the receipt's id can't be guessed.</summary>
    public static async Task<Results<Ok<Receipt>, ProblemHttpResult>> ReceiptAsync(
        string id, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        if (id.Length > 64)
        {
            return Problems.NotFound.Result();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var found = await connection.QuerySingleOrDefaultAsync<Row>(
            "select id, state, requested_at, due_at, erased_at, completed_at from erasures where receipt_hash = @Hash",
            new { Hash = Erasures.HashOf(id) }, cancellationToken);
        if (found is null)
        {
            return Problems.NotFound.Result();
        }

        var reports = await connection.QueryAsync<(string Service, DateTimeOffset CompletedAt, string Counts)>(
            "select service, completed_at, counts::text from erasure_reports where erasure_id = @Id order by service", new { found.Id }, cancellationToken);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new Receipt(
            found.State, found.RequestedAt, found.DueAt, found.ErasedAt, found.CompletedAt,
            [.. reports.Select(report => new Report(report.Service, report.CompletedAt, JsonSerializer.Deserialize<List<ErasedRows>>(report.Counts)!))]));
    }

    /// <summary>
    /// The endpoint requires a recent sign-in, so that an unattended browser isn't enough to delete everything. A password that is sent as
    /// well must be right.
    /// </summary>
    private static async Task<ProblemHttpResult?> RefuseAsync(
        Request body, User account, UserManager<User> users, LoginAttempts attempts, HttpContext context, CancellationToken cancellationToken)
    {
        if (body.Password is null || account.PasswordHash is null)
        {
            return null;
        }

        var errors = new ValidationErrors();
        Password.CheckForm(body.Password, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (!EmailAddress.TryParse(account.Email!, out var email, out _))
        {
            throw new InvalidOperationException("The account's address is invalid.");
        }

        var attempt = await attempts.BeginAsync(email, context, cancellationToken);
        return attempt.Refusal
            ?? (await users.CheckPasswordAsync(account, PasswordText.Compose(body.Password)) ? null : await attempts.FailAsync(attempt, account.Id, cancellationToken));
    }

    private static async Task<IReadOnlyList<string>> OwnedAloneAmongOthersAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken) =>
        await work.QueryAsync<string>(
            """
            -- every workspace: those that the user owns
            select w.name from members m join workspaces w on w.id = m.workspace_id
            where m.user_id = @userId and m.role = 'owner'
                and not exists (select from members o where o.workspace_id = m.workspace_id and o.role = 'owner' and o.user_id <> m.user_id)
                and exists (select from members o where o.workspace_id = m.workspace_id and o.user_id <> m.user_id)
            """,
            new { userId }, cancellationToken);

    private sealed record Row(
        Guid Id, string State, DateTimeOffset RequestedAt, DateTimeOffset DueAt, DateTimeOffset? ErasedAt, DateTimeOffset? CompletedAt);
}
