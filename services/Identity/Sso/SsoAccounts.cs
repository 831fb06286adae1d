using LinkShort.Contracts;
using LinkShort.Identity.Accounts.Register;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Plans;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.Workspaces;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Sso;

/// <summary>
/// Finds the account of a provider's user, and their role in the provider's workspace. docs/adr/0031 explains why linking by address is safe.
/// </summary>
public sealed class SsoAccounts(SsoIdentities identities, MemberChanges members, AccountCreation accounts, Features features)
{
    /// <summary>Finds the linked account; otherwise, for a trusted address, links its account or creates one.</summary>
    /// <returns>The account, or the refusal.</returns>
    public async Task<(Guid UserId, ProblemHttpResult? Refusal)> FindOrCreateAsync(
        UnitOfWork work, SsoProvider provider, ProviderClaims claims, CancellationToken cancellationToken)
    {
        if (await SsoIdentities.FindAsync(work, provider, claims, locksAccount: true, cancellationToken) is { } linked)
        {
            await identities.RecordUseAsync(work, linked.Id, claims, cancellationToken);
            return (linked.UserId, null);
        }

        if (!claims.EmailVerified || claims.Email is null || !EmailAddress.TryParse(claims.Email, out var email, out _))
        {
            return Refuse("emailNotVerified", IdentityTexts.Of("sso.emailNotVerified"));
        }

        // Only a verified domain's owner vouches for its addresses. The installation's own providers are trusted by its operator.
        if (provider.Workspace is { } workspace && !await IsProvenAsync(work, workspace.Id, email, cancellationToken))
        {
            return Refuse("domainNotProven", IdentityTexts.Of("sso.domainNotProven"));
        }

        var account = await FindByEmailAsync(work, email, cancellationToken);
        if (await RefuseNewMemberAsync(work, provider, account, cancellationToken) is { } closed)
        {
            return (default, closed);
        }

        if (account is null)
        {
            var (created, refusal) = await RegisterAsync(work, provider, email, claims, cancellationToken);
            if (refusal is not null)
            {
                return (default, refusal);
            }

            if (created is { } userId)
            {
                return await LinkAsync(userId, "created");
            }

            // A concurrent sign-up was first.
            account = await FindByEmailAsync(work, email, cancellationToken);
        }

        // An unverified account may belong to someone who waits for the address's owner. A second factor is there so that the address alone
        // doesn't open the account.
        return account is not { EmailConfirmed: true } || (await SecondFactors.OfAsync(work.Connection, account.Id, cancellationToken)).Enabled
            ? (default, Problems.SsoAccountExists.Result())
            : await LinkAsync(account.Id, "byAddress");

        (Guid, ProblemHttpResult?) Refuse(string reason, LocalizedText detail) => (default, Problems.SsoNotAllowed.Result(detail, ("reason", reason)));

        // Not linked when the account is connected to another subject of this provider, or two sign-ins of one user came at once.
        async Task<(Guid, ProblemHttpResult?)> LinkAsync(Guid userId, string how) =>
            await identities.LinkAsync(work, userId, provider, claims, how, cancellationToken)
                ? (userId, null)
                : (default, Problems.SsoAccountExists.Result(
                    IdentityTexts.Of("sso.connectedToOther")));
    }

    /// <summary>Adds the user to the provider's workspace if it admits new members, and applies the mapped role.</summary>
    /// <returns>The refusal; null when the user is a member.</returns>
    public async Task<ProblemHttpResult?> EnterAsync(UnitOfWork work, WorkspaceSso workspace, Guid userId, ProviderClaims claims, CancellationToken cancellationToken)
    {
        var mapped = MappedRole(workspace, claims);
        var role = await MemberChanges.RoleOfAsync(work, workspace.Id, userId, cancellationToken);
        if (role is not null && !IsOther(role, mapped))
        {
            return null;
        }

        if (role is null && Admission(workspace) is { } closed)
        {
            return closed;
        }

        if (workspace.IsBeingDeleted)
        {
            return null;
        }

        // Like every change of members: with the workspace locked, and read again.
        await MemberChanges.LockSessionsAsync(work, workspace.Id, userId, userId, cancellationToken);
        if (!await WorkspaceAccess.LockAsync(work, workspace.Id, cancellationToken))
        {
            return Problems.SsoFailed.Result(null, ("reason", SsoReasons.State));
        }

        role = await MemberChanges.RoleOfAsync(work, workspace.Id, userId, cancellationToken);
        if (role is null)
        {
            if (await MemberLimit.CheckJoiningAsync(work, workspace.Id, cancellationToken) is { } full)
            {
                return full;
            }

            await members.JoinAsync(work, workspace.Id, userId, mapped ?? workspace.DefaultRole, cancellationToken);
        }
        else if (IsOther(role, mapped)
            && await WorkspaceAccess.ReadAsync(work.Connection, workspace.Id, userId, cancellationToken) is { } entered)
        {
            await members.ChangeRoleAsync(work, entered, userId, role, mapped!, cancellationToken);
        }

        return null;
    }

    /// <summary>The highest role that the claim's values map to, or the default; null without a role claim.</summary>
    internal static string? MappedRole(WorkspaceSso workspace, ProviderClaims claims)
    {
        if (workspace.RoleClaim is null)
        {
            return null;
        }

        var roles = claims.Groups.Select(group => workspace.Roles.GetValueOrDefault(group)).OfType<string>().Select(Permissions.RoleOf).OfType<Role>()
            // An external directory can't make owners.
            .Where(role => role < Role.Owner).ToList();
        return roles.Count == 0 ? workspace.DefaultRole : Permissions.NameOf(roles.Max());
    }

    /// <summary>Whether the mapped role differs from the current one. It never applies to owners.</summary>
    private static bool IsOther(string role, string? mapped) => mapped is not null && role != mapped && Permissions.RoleOf(role) != Role.Owner;

    private static async Task<ProblemHttpResult?> RefuseNewMemberAsync(
        UnitOfWork work, SsoProvider provider, Existing? account, CancellationToken cancellationToken) =>
        provider.Workspace is { } workspace
            && (account is null || await MemberChanges.RoleOfAsync(work, workspace.Id, account.Id, cancellationToken) is null)
            ? Admission(workspace)
            : null;

    private static ProblemHttpResult? Admission(WorkspaceSso workspace) => workspace switch
    {
        { IsBeingDeleted: true } => Problems.SsoNotAllowed.Result(IdentityTexts.Of("sso.beingDeleted"), ("reason", "notAMember")),
        { JustInTime: false } => Problems.SsoNotAllowed.Result(IdentityTexts.Of("sso.invitationOnly"), ("reason", "notAMember")),
        _ => null,
    };

    /// <summary>Whether the address is in a verified domain of the workspace.</summary>
    private static Task<bool> IsProvenAsync(UnitOfWork work, Guid workspaceId, EmailAddress email, CancellationToken cancellationToken) =>
        work.ExecuteScalarAsync<bool>(
            "select exists (select from sso_domains where workspace_id = @workspaceId and domain = @Domain and verified_at is not null)",
            new { workspaceId, Domain = email.Normalized[(email.Normalized.IndexOf('@', StringComparison.Ordinal) + 1)..] },
            cancellationToken);

    private static Task<Existing?> FindByEmailAsync(UnitOfWork work, EmailAddress email, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<Existing>(
            "select id, email_confirmed from users where normalized_email = @Normalized for no key update",
            new { email.Normalized }, cancellationToken);

    /// <summary>Creates an account without a password, whose address is verified.</summary>
    /// <returns>Neither a user nor a refusal when the address has an account by now.</returns>
    private async Task<(Guid? UserId, ProblemHttpResult? Refusal)> RegisterAsync(
        UnitOfWork work, SsoProvider provider, EmailAddress email, ProviderClaims claims, CancellationToken cancellationToken)
    {
        // Closed registrations are for strangers; a workspace's own provider sends none.
        if (provider.IsInstallations && !await features.IsEnabledAsync(ProductFeatures.Registrations, FeatureSubject.Anonymous, cancellationToken))
        {
            return (null, Problems.RegistrationsClosed.Result());
        }

        var name = claims.Name is { } claimed && UnicodeText.TryParseLine(claimed, User.MaxNameLength, out var line, out _) ? line : null;
        // The language of a locale such as "de-AT".
        var language = claims.Locale?.Split('-', '_')[0].ToLowerInvariant();
        var locale = language is not null && Locale.All.Contains(language) ? language : Locale.Default;
        var created = await accounts.CreateAsync(work, new NewAccount(email, name, locale) { Provider = provider.DisplayName }, cancellationToken);
        return (created?.UserId, null);
    }

    private sealed record Existing(Guid Id, bool EmailConfirmed);
}
