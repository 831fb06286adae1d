using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Workspaces;

/// <summary>What the endpoints that change a workspace have in common.</summary>
public readonly record struct WorkspaceServices(WorkspaceAccess Access, Database Database, AuditTrail Audit, TimeProvider Time);
