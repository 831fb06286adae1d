using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Identity.ApiKeys;

/// <summary>What the endpoints that change API keys have in common.</summary>
public readonly record struct ApiKeyServices(
    CurrentUser User, CurrentWorkspace Workspace, Database Database, AuditTrail Audit, Revocations Revocations, SecurityNotices Notices, TimeProvider Time);
