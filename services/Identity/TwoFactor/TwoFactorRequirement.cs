using Dapper;
using LinkShort.Identity.Sessions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.TwoFactor;

/// <summary>Workspaces whose owner requires two factors of every member.</summary>
public static class TwoFactorRequirement
{
    /// <summary>Whether a session that proved this much may have tokens for that workspace.</summary>
    /// <param name="methods">The session's, of <see cref="AuthenticationMethods"/>.</param>
    public static async Task<bool> AllowsAsync(UnitOfWork work, Guid workspaceId, IEnumerable<string> methods, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        return methods.Contains(AuthenticationMethods.TwoFactors) || !await work.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            // Never of the own one: that is where people enrol.
            "select require_two_factor and personal_of is null from workspaces where id = @workspaceId",
            new { workspaceId }, work.Transaction, cancellationToken: cancellationToken));
    }
}
