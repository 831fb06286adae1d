using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>The requirement of a workspace that every member has two factors.</summary>
public static class TwoFactorRequirement
{
    /// <summary>Whether a session with this proof may have tokens for the workspace.</summary>
    /// <param name="proof">The session's.</param>
    public static async Task<bool> AllowsAsync(UnitOfWork work, Guid workspaceId, AuthenticationProof proof, CancellationToken cancellationToken)
    {
        // Two factors at the workspace's own provider count if the workspace accepts them.
        var provider = proof.Methods.Contains(AuthenticationMethods.TwoFactorsAtProvider) ? proof.SsoProvider : null;
        return proof.Methods.Contains(AuthenticationMethods.TwoFactors) || !await work.ExecuteScalarAsync<bool>(
            // Never for a personal workspace, where users set up two-factor authentication.
            """
            select w.require_two_factor and w.personal_of is null
                and not exists (select from sso_connections c where c.workspace_id = w.id and c.accept_mfa and c.workspace_id::text = @provider)
            from workspaces w where w.id = @workspaceId
            """,
            new { workspaceId, provider }, cancellationToken);
    }
}
