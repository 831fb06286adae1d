using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Identity.Privacy.Exports;

/// <summary>POST /api/v1/me/export, GET /api/v1/me/export and /api/v1/me/export/{id}</summary>
public static class ExportEndpoints
{
    /// <param name="State">collecting, ready or failed.</param>
    /// <param name="ExpiresAt">When it is deleted.</param>
    /// <param name="Bytes">Null until it is ready.</param>
    public sealed record Response(Guid Id, string State, DateTimeOffset RequestedAt, DateTimeOffset? ReadyAt, DateTimeOffset ExpiresAt, long? Bytes);

    private const string Columns = "id, state, requested_at, ready_at, expires_at, length(archive)::bigint as bytes";

    /// <summary>Requests the data from every service. Deletes an earlier export; one that is being collected is a conflict.</summary>
    public static async Task<Results<Accepted<Response>, ProblemHttpResult>> StartAsync(
        CurrentUser user, Database database, AuditTrail audit, IOptions<PrivacyOptions> options, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (IsViewed(context))
        {
            return Problems.Forbidden.Result(IdentityTexts.Of("privacy.onlyOwnerExports"));
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var now = time.GetUtcNow();
        var workspaces = await work.QueryAsync<Guid>(
            """
            -- every workspace: those without other members
            select workspace_id from members m where user_id = @Id
                and not exists (select from members o where o.workspace_id = m.workspace_id and o.user_id <> m.user_id)
            """,
            new { user.Id }, cancellationToken);
        Response response;
        try
        {
            response = await work.QuerySingleAsync<Response>(
                $"""
                delete from exports where user_id = @UserId and state <> 'collecting';
                insert into exports (id, user_id, state, requested_at, expires_at) values (@NewId, @UserId, 'collecting', @now, @ExpiresAt)
                returning {Columns}
                """,
                new { UserId = user.Id, NewId = Guid.CreateVersion7(now), now, ExpiresAt = now + options.Value.ExportRetention },
                cancellationToken);
        }
        catch (PostgresException exception) when (exception.ConstraintName == "exports_one_at_a_time")
        {
            return Problems.Conflict.Result(IdentityTexts.Of("privacy.exportRunning"));
        }

        work.Publish(new ExportRequested(response.Id, user.Id, workspaces, now));
        work.Publish(audit.Entry("export.requested", "user", user.Id, after: new { response.Id }) with { WorkspaceId = null });
        await work.CommitAsync(cancellationToken);
        return TypedResults.Accepted($"/api/v1/me/export/{response.Id}", response);
    }

    /// <summary>Returns the latest export, if there is one.</summary>
    public static async Task<Ok<IReadOnlyList<Response>>> ListAsync(CurrentUser user, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var found = await connection.QueryAsync<Response>(
            $"select {Columns} from exports where user_id = @Id and expires_at > @Now order by id desc",
            new { user.Id, Now = time.GetUtcNow() }, cancellationToken);
        return TypedResults.Ok<IReadOnlyList<Response>>(found);
    }

    /// <summary>Returns the ZIP once it is ready, and the state before. With <c>Accept: application/json</c>, always the state.</summary>
    public static async Task<Results<Ok<Response>, FileContentHttpResult, ProblemHttpResult>> ReadAsync(
        Guid id, CurrentUser user, Database database, AuditTrail audit, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        if (IsViewed(context))
        {
            return Problems.Forbidden.Result(IdentityTexts.Of("privacy.onlyOwnerExports"));
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var export = await work.QuerySingleOrDefaultAsync<Response>(
            $"select {Columns} from exports where id = @id and user_id = @UserId and expires_at > @Now",
            new { id, UserId = user.Id, Now = time.GetUtcNow() }, cancellationToken);
        if (export is null)
        {
            return Problems.NotFound.Result();
        }

        context.Response.Headers.CacheControl = "no-store";
        if (export.State != "ready" || context.Request.Headers.Accept.ToString().StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return TypedResults.Ok(export);
        }

        if (!RecentSignIn.IsRecent(context))
        {
            // Everything about the user at once: a session that was left open must not be enough.
            return Problems.RecentSignInRequired.Result();
        }

        if (await StepUp.RefuseWithoutSecondFactorAsync(work.Connection, user, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var archive = await work.ExecuteScalarAsync<byte[]>(
            "select archive from exports where id = @id and user_id = @UserId", new { id, UserId = user.Id }, cancellationToken);
        work.Publish(audit.Entry("export.fetched", "user", user.Id, after: new { export.Id }) with { WorkspaceId = null });
        await work.CommitAsync(cancellationToken);
        return TypedResults.File(archive!, "application/zip", $"linkshort-{export.RequestedAt.UtcDateTime:yyyy-MM-dd}.zip");
    }

    /// <summary>An operator who views the account sees what its owner sees, but can't download it.</summary>
    private static bool IsViewed(HttpContext context) => context.User.HasClaim(claim => claim.Type == Tokens.Claims.ViewedBy);
}
