using LinkShort.Contracts;

namespace LinkShort.Web.ApiKeys;

/// <summary>The names of scopes.</summary>
public static class ScopeText
{
    public static string Sentence(string scope) => scope switch
    {
        Scopes.LinksRead => "view links",
        Scopes.LinksWrite => "create, edit and delete links",
        Scopes.AnalyticsRead => "view clicks and visitors",
        Scopes.AuditRead => "read the audit log",
        _ => scope,
    };

    public static string Label(string scope) => scope switch
    {
        Scopes.LinksRead => "view links",
        Scopes.LinksWrite => "edit links",
        Scopes.AnalyticsRead => "view analytics",
        Scopes.AuditRead => "read audit log",
        _ => scope,
    };
}
