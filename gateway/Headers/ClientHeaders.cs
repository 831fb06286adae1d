using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Gateway.Headers;

/// <summary>Marks a request of the web app, authenticated by the internal key. Its <c>X-Forwarded-*</c> headers are trusted.</summary>
internal sealed class FirstParty
{
    public static readonly FirstParty Caller = new();
}

/// <summary>
/// Determines the client, then removes every header by which a client could impersonate another to the services.
/// </summary>
internal static class ClientHeaders
{
    private const string ForwardedPrefix = "X-Forwarded-";

    public static void UseClientHeaders(this IApplicationBuilder app)
    {
        var address = app.ApplicationServices.GetRequiredService<ClientAddress>();
        var key = app.ApplicationServices.GetRequiredService<InternalKey>();
        app.Use((context, next) =>
        {
            address.Apply(context);
            if (context.Request.Headers.ContainsKey(InternalKey.Header) && key.IsInternal(context.Request))
            {
                context.Features.Set(FirstParty.Caller);
            }

            Strip(context.Request.Headers);
            return next(context);
        });
    }

    private static void Strip(IHeaderDictionary headers)
    {
        List<string>? claimed = null;
        foreach (var (name, _) in headers)
        {
            // No common header starts with these, so that most headers cost two character comparisons.
            if ((name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) && IsClaim(name))
                || name.Equals("Forwarded", StringComparison.OrdinalIgnoreCase))
            {
                (claimed ??= []).Add(name);
            }
        }

        foreach (var name in claimed ?? [])
        {
            headers.Remove(name);
        }
    }

    private static bool IsClaim(string name) =>
        name.StartsWith(ForwardedPrefix, StringComparison.OrdinalIgnoreCase)
        || name.Equals(InternalKey.Header, StringComparison.OrdinalIgnoreCase)
        || name.Equals(InternalKey.ProxyHeader, StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Original-URL", StringComparison.OrdinalIgnoreCase)
        || name.Equals("X-Rewrite-URL", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("X-HTTP-Method", StringComparison.OrdinalIgnoreCase);
}
