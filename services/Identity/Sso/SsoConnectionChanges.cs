using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Sso;

/// <summary>Stores a workspace's provider, with what follows from it: audit entries, and the end of access that it no longer allows.</summary>
public sealed class SsoConnectionChanges(
    SsoConnections connections, SsoRequirement requirement, Revocations revocations, AuditTrail audit, TimeProvider time)
{
    public async Task ApplyAsync(UnitOfWork work, Guid workspaceId, SsoConnection? before, ConfigureSso.Request body, CancellationToken cancellationToken)
    {
        var after = await connections.WriteAsync(work, workspaceId, Combine(before, body), body.ClientSecret, time.GetUtcNow(), cancellationToken);
        work.Publish(before is null
            ? audit.Entry("sso.configured", "workspace", workspaceId, after: after.ToResponse(), workspace: workspaceId)
            : audit.Change("sso.changed", "workspace", workspaceId, before.ToResponse(), after.ToResponse(), workspace: workspaceId));
        if (body.ClientSecret is not null)
        {
            work.Publish(audit.Entry("sso.secretChanged", "workspace", workspaceId, workspace: workspaceId));
        }

        if (after.Enforced && before?.Enforced != true)
        {
            var ended = await requirement.EndOtherSessionsAsync(work, workspaceId, cancellationToken);
            work.Publish(audit.Entry("sso.enforced", "workspace", workspaceId, after: new { sessionsEnded = ended }, workspace: workspaceId));
        }
        else if (before?.Enforced == true && !after.Enforced)
        {
            work.Publish(audit.Entry("sso.enforcementEnded", "workspace", workspaceId, workspace: workspaceId));
        }

        if (before?.AcceptMfa == true && !after.AcceptMfa)
        {
            // Members signed in with the provider's two factors need one of the account's own for the next token.
            await revocations.RevokeAsync(work, RevocationKinds.Workspace, workspaceId.ToString(), cancellationToken);
        }
    }

    private static SsoConnection Combine(SsoConnection? before, ConfigureSso.Request body) => new()
    {
        Issuer = body.Issuer,
        ClientId = body.ClientId,
        HasClientSecret = body.ClientSecret is null ? before?.HasClientSecret == true : body.ClientSecret.Length > 0,
        JustInTime = body.JustInTime,
        DefaultRole = body.DefaultRole,
        RoleClaim = string.IsNullOrEmpty(body.RoleClaim) ? null : body.RoleClaim,
        Roles = JsonSerializer.Serialize(body.Roles ?? new Dictionary<string, string>()),
        AcceptMfa = body.AcceptMfa,
        Enforced = body.Enforced,
    };
}
