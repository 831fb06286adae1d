using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.Sso;

/// <summary>What the endpoints under /workspaces/{id}/sso have in common.</summary>
public readonly record struct SsoServices(WorkspaceAccess Access, SsoProviders Providers, AuditTrail Audit, Database Database, TimeProvider Time);
