using LinkShort.Contracts;

namespace LinkShort.Web.ApiKeys;

/// <summary>Scopes in words.</summary>
public static class ScopeText
{
    public static string Sentence(string scope) => scope switch
    {
        Scopes.LinksRead => "see links",
        Scopes.LinksWrite => "create, change and delete links",
        Scopes.AnalyticsRead => "see clicks and visitors",
        Scopes.AuditRead => "read the audit log",
        _ => scope,
    };

    public static string Label(string scope) => scope switch
    {
        Scopes.LinksRead => "see links",
        Scopes.LinksWrite => "change links",
        Scopes.AnalyticsRead => "see numbers",
        Scopes.AuditRead => "read log",
        _ => scope,
    };
}
