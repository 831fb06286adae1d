using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>Workspaces whose owner requires two factors of every member.</summary>
public static class TwoFactorRequirement
{
    /// <summary>Whether a session that proved this much may have tokens for that workspace.</summary>
    /// <param name="proof">The session's.</param>
    public static async Task<bool> AllowsAsync(UnitOfWork work, Guid workspaceId, AuthenticationProof proof, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(proof);
        // Those that its own provider saw count where the workspace says so.
        var provider = proof.Methods.Contains(AuthenticationMethods.TwoFactorsAtProvider) ? proof.SsoProvider : null;
        return proof.Methods.Contains(AuthenticationMethods.TwoFactors) || !await work.ExecuteScalarAsync<bool>(
            // Never of the own one: that is where people enrol.
            """
            select w.require_two_factor and w.personal_of is null
                and not exists (select from sso_connections c where c.workspace_id = w.id and c.accept_mfa and c.workspace_id::text = @provider)
            from workspaces w where w.id = @workspaceId
            """,
            new { workspaceId, provider }, cancellationToken);
    }
}
