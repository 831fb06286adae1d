using LinkShort.Contracts;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>The providers connected to an account.</summary>
public static class LinkSso
{
    /// <param name="Provider">For /me/sso/{provider}/link: a name, or a workspace's id.</param>
    /// <param name="DisplayName">Shown to users.</param>
    /// <param name="Email">As the provider last reported it; it can differ from the account's.</param>
    public sealed record LinkedProvider(
        Guid Id, string Provider, string DisplayName, string Issuer, string? Email, DateTimeOffset LinkedAt, DateTimeOffset LastUsedAt);

    public sealed record ListResponse(IReadOnlyList<LinkedProvider> Items);

    public sealed record Request
    {
        /// <summary>256 random bits in base64url, stored in a cookie. Only this browser can complete the attempt.</summary>
        public required string BrowserKey { get; init; }

        /// <summary>A path of the app, returned on completion.</summary>
        public string? ReturnUrl { get; init; }
    }

    /// <summary>GET /me/sso</summary>
    public static async Task<Ok<ListResponse>> ListAsync(CurrentUser user, SsoProviders providers, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<LinkedProvider>(
            """
            -- every workspace: the user's own
            select i.id, i.provider, coalesce(w.name, i.provider) as display_name, i.issuer, i.email, i.linked_at, i.last_used_at
            from sso_identities i left join workspaces w on w.id = i.workspace_id
            where i.user_id = @Id order by i.id
            """,
            new { user.Id }, cancellationToken);
        var names = providers.Installations.ToDictionary(each => each.Key, each => each.DisplayName);
        return TypedResults.Ok(new ListResponse([.. rows.Select(row => row with { DisplayName = names.GetValueOrDefault(row.Provider, row.DisplayName) })]));
    }

    /// <summary>
    /// POST /me/sso/{provider}/link. Completed by /auth/sso/callback, in the same session. An account with an unverified address can't connect
    /// a provider: it may have been created to wait for the address's owner.
    /// </summary>
    public static async Task<Results<Ok<StartSso.Response>, ProblemHttpResult>> StartAsync(
        string provider, Request body, CurrentUser user, SsoProviders providers, SsoAttempts attempts, Database database, IOptions<SsoOptions> options,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (!StartSso.TryReadCommon(body.BrowserKey, body.ReturnUrl, errors, out var browserKey))
        {
            return errors.ToResult();
        }

        try
        {
            if (user.SessionId is not { } sessionId || await StartSso.FindAsync(providers, provider, cancellationToken) is not { } found)
            {
                return Problems.NotFound.Result(IdentityTexts.Of("sso.unknownProvider"));
            }

            await using (var work = await database.BeginAsync(cancellationToken))
            {
                // A workspace's provider is for its members.
                if (found.Workspace is { } workspace && await MemberChanges.RoleOfAsync(work, workspace.Id, user.Id, cancellationToken) is null)
                {
                    return Problems.NotFound.Result(IdentityTexts.Of("sso.unknownProvider"));
                }

                if (!await work.ExecuteScalarAsync<bool>(
                    "select email_confirmed from users where id = @Id", new { user.Id }, cancellationToken))
                {
                    return Problems.EmailNotVerified.Result();
                }
            }

            var url = await attempts.BeginAsync(found, new SsoIntent(user.Id, sessionId, Fresh: false, body.ReturnUrl), browserKey, loginHint: null, cancellationToken);
            return TypedResults.Ok(new StartSso.Response(url, (int)options.Value.AttemptLifetime.TotalSeconds));
        }
        catch (ProviderException failure)
        {
            return SsoProblems.Of(failure);
        }
    }

    /// <summary>DELETE /me/sso/{id}. The only way to sign in can't be disconnected.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> UnlinkAsync(
        Guid id, CurrentUser user, SsoProviders providers, SsoIdentities identities, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, user.Id, cancellationToken);
        var identity = await work.QuerySingleOrDefaultAsync<SsoIdentity>(
            """
            -- every workspace: the user's own
            select id, user_id, provider from sso_identities where id = @id and user_id = @UserId for update
            """,
            new { id, UserId = user.Id }, cancellationToken);
        if (identity is null)
        {
            return Problems.NotFound.Result();
        }

        var hasOther = await work.ExecuteScalarAsync<bool>(
            """
            -- every workspace: the user's own
            select u.password_hash is not null or exists (select from passkeys p where p.user_id = u.id)
                or exists (select from sso_identities i where i.user_id = u.id and i.id <> @id)
            from users u where u.id = @UserId
            """,
            new { id, UserId = user.Id }, cancellationToken);
        if (!hasOther)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("sso.onlyWayToSignIn"));
        }

        var name = providers.Installations.FirstOrDefault(each => each.Key == identity.Provider).DisplayName
            ?? (Guid.TryParseExact(identity.Provider, "D", out var workspaceId)
                ? await work.ExecuteScalarAsync<string?>(
                    "select name from workspaces where id = @workspaceId", new { workspaceId }, cancellationToken)
                : null)
            ?? identity.Provider;
        await identities.UnlinkAsync(work, identity, name, user.SessionId, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
