using LinkShort.Identity.AuditLog;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Administration;

/// <summary>
/// Records operators' actions twice: in the installation's chain of the audit log, with the operator's id, for operators; and in the log
/// of the workspace or user concerned, as "an operator".
/// </summary>
public sealed class OperatorLog(AuditTrail audit)
{
    /// <param name="concerned">The workspace whose log gets the entry too; for a user, the personal one.</param>
    public void Record(
        UnitOfWork work, string action, string targetType, object targetId, object? before = null, object? after = null, Guid? concerned = null)
    {
        work.Publish(audit.Entry(action, targetType, targetId, before, after, workspace: AuditChains.Installation) with { ActorKind = "operator" });
        if (concerned is { } workspace)
        {
            RecordFor(work, workspace, action, targetType, targetId, before, after);
        }
    }

    /// <summary>Records it in the log of another workspace concerned, as "an operator".</summary>
    public void RecordFor(
        UnitOfWork work, Guid workspace, string action, string targetType, object targetId, object? before = null, object? after = null) =>
        work.Publish(audit.Entry(action, targetType, targetId, before, after, workspace) with
        {
            ActorKind = "operator", ActorId = null, Network = null, UserAgent = null,
        });
}
