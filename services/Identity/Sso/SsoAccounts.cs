using LinkShort.Contracts;
using LinkShort.Identity.Accounts.Register;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.Workspaces;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Sso;

/// <summary>
/// Which account a provider's word opens, and what it may be in the provider's workspace. docs/adr/0031 says why linking by address is safe.
/// </summary>
public sealed class SsoAccounts(SsoIdentities identities, MemberChanges members, AccountCreation accounts, Features features)
{
    /// <summary>The account that is linked; otherwise, where the address can be believed, the one that has it, or a new one.</summary>
    /// <returns>Whose it is, or what to answer.</returns>
    public async Task<(Guid UserId, ProblemHttpResult? Refusal)> FindOrCreateAsync(
        UnitOfWork work, SsoProvider provider, ProviderClaims claims, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(claims);
        if (await SsoIdentities.FindAsync(work, provider, claims, cancellationToken) is { } linked)
        {
            await identities.RecordUseAsync(work, linked.Id, claims, cancellationToken);
            return (linked.UserId, null);
        }

        if (!claims.EmailVerified || claims.Email is null || !EmailAddress.TryParse(claims.Email, out var email, out _))
        {
            return Refuse("emailNotVerified", "The provider hasn't verified your email address, so it can't be used to sign in here.");
        }

        // Nobody but the domain's owner says who has which address in it; the installation's operator trusts its own providers.
        if (provider.Workspace is { } workspace && !await IsProvenAsync(work, workspace.Id, email, cancellationToken))
        {
            return Refuse("domainNotProven", "Your email address is not in a domain that the workspace has verified. Sign in as usual, then connect the provider under Security.");
        }

        var account = await FindByEmailAsync(work, email, cancellationToken);
        if (provider.Workspace is { } admitting
            && (account is null || await MemberChanges.RoleOfAsync(work, admitting.Id, account.Id, cancellationToken) is null)
            && Admission(admitting) is { } closed)
        {
            return (default, closed);
        }

        if (account is null)
        {
            // Whom a workspace's own provider sends is no stranger.
            if (provider.IsInstallations && !await features.IsEnabledAsync(ProductFeatures.Registrations, FeatureSubject.Anonymous, cancellationToken))
            {
                return (default, Problems.RegistrationsClosed.Result());
            }

            if (await CreateAsync(work, provider, email, claims, cancellationToken) is { } created)
            {
                return await identities.LinkAsync(work, created, provider, claims, "created", cancellationToken) ? (created, null) : Taken();
            }

            // Somebody was quicker: it is there now.
            account = await FindByEmailAsync(work, email, cancellationToken);
        }

        // An unverified account may have been made by somebody who waits for the owner of the address; a second factor was set up so that
        // an address alone doesn't open the account.
        if (account is not { EmailConfirmed: true }
            || (await SecondFactors.OfAsync(work.Connection, account.Id, cancellationToken)).Enabled)
        {
            return (default, Problems.SsoAccountExists.Result());
        }

        return await identities.LinkAsync(work, account.Id, provider, claims, "byAddress", cancellationToken) ? (account.Id, null) : Taken();

        (Guid, ProblemHttpResult?) Refuse(string reason, string detail) => (default, Problems.SsoNotAllowed.Result(detail, ("reason", reason)));

        // The account is connected with another person at this provider, or two sign-ins of one person came at once.
        (Guid, ProblemHttpResult?) Taken() => (default, Problems.SsoAccountExists.Result(
            "The account with this email address is connected to a different account at this provider. Sign in as usual, and disconnect it under Security first."));
    }

    /// <summary>Puts the person into the provider's workspace where that says so, and makes their role what the provider says it is.</summary>
    /// <returns>What to answer; null: they are in.</returns>
    public async Task<ProblemHttpResult?> EnterAsync(UnitOfWork work, WorkspaceSso workspace, Guid userId, ProviderClaims claims, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(workspace);
        ArgumentNullException.ThrowIfNull(claims);
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

        // As every change of members: with the workspace locked, and read again.
        await MemberChanges.LockSessionsAsync(work, workspace.Id, userId, userId, cancellationToken);
        if (!await WorkspaceAccess.LockAsync(work, workspace.Id, cancellationToken))
        {
            return Problems.SsoFailed.Result(null, ("reason", SsoReasons.State));
        }

        role = await MemberChanges.RoleOfAsync(work, workspace.Id, userId, cancellationToken);
        if (role is null)
        {
            await members.JoinAsync(work, workspace.Id, userId, mapped ?? workspace.DefaultRole, cancellationToken);
        }
        else if (IsOther(role, mapped)
            && await WorkspaceAccess.ReadAsync(work.Connection, workspace.Id, userId, cancellationToken) is { } entered)
        {
            await members.ChangeRoleAsync(work, entered, userId, role, mapped!, cancellationToken);
        }

        return null;
    }

    /// <summary>The highest role that one of the claim's values maps to, or the default; null where no claim is read.</summary>
    internal static string? MappedRole(WorkspaceSso workspace, ProviderClaims claims)
    {
        if (workspace.RoleClaim is null)
        {
            return null;
        }

        var roles = claims.Groups.Select(group => workspace.Roles.GetValueOrDefault(group)).OfType<string>().Select(Permissions.RoleOf).OfType<Role>()
            // Nobody becomes an owner by what somebody else's directory says.
            .Where(role => role < Role.Owner).ToList();
        return roles.Count == 0 ? workspace.DefaultRole : Permissions.NameOf(roles.Max());
    }

    /// <summary>Whether the provider says something else than what somebody is. What owners are is none of its business.</summary>
    private static bool IsOther(string role, string? mapped) => mapped is not null && role != mapped && Permissions.RoleOf(role) != Role.Owner;

    private static ProblemHttpResult? Admission(WorkspaceSso workspace) => workspace switch
    {
        { IsBeingDeleted: true } => Problems.SsoNotAllowed.Result("The workspace is scheduled for deletion and accepts no new members.", ("reason", "notAMember")),
        { JustInTime: false } => Problems.SsoNotAllowed.Result("The workspace accepts members by invitation only. Ask an owner for an invitation.", ("reason", "notAMember")),
        _ => null,
    };

    /// <summary>Whether the address is in a domain that the workspace proved.</summary>
    private static Task<bool> IsProvenAsync(UnitOfWork work, Guid workspaceId, EmailAddress email, CancellationToken cancellationToken) =>
        work.ExecuteScalarAsync<bool>(
            "select exists (select from sso_domains where workspace_id = @workspaceId and domain = @Domain and verified_at is not null)",
            new { workspaceId, Domain = email.Normalized[(email.Normalized.IndexOf('@', StringComparison.Ordinal) + 1)..] },
            cancellationToken);

    private static Task<Existing?> FindByEmailAsync(UnitOfWork work, EmailAddress email, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<Existing>(
            "select id, email_confirmed from users where normalized_email = @Normalized for no key update",
            new { email.Normalized }, cancellationToken);

    /// <summary>Without a password; the address counts as verified.</summary>
    /// <returns>Null when the address has an account by now.</returns>
    private async Task<Guid?> CreateAsync(UnitOfWork work, SsoProvider provider, EmailAddress email, ProviderClaims claims, CancellationToken cancellationToken)
    {
        var name = claims.Name is { } claimed && UnicodeText.TryParseLine(claimed, User.MaxNameLength, out var line, out _) ? line : null;
        // Of "de-AT", the language.
        var language = claims.Locale?.Split('-', '_')[0].ToLowerInvariant();
        var locale = language is not null && Locale.All.Contains(language) ? language : Locale.Default;
        return (await accounts.CreateAsync(work, new NewAccount(email, name, locale) { Provider = provider.DisplayName }, cancellationToken))?.UserId;
    }

    private sealed record Existing(Guid Id, bool EmailConfirmed);
}
