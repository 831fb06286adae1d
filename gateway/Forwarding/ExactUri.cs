namespace LinkShort.Gateway.Forwarding;

/// <summary>Addresses whose path and query stay as they came: <c>%2B</c> is not <c>+</c>, <c>%7e</c> not <c>~</c>, <c>/a/./b</c> not <c>/a/b</c>.</summary>
internal static class ExactUri
{
    // What .NET would rewrite, the service behind would see as another code than the visitor asked for. The framework's warning
    // is about callers who compare such addresses; here only an HTTP request line is made of it.
    private static readonly UriCreationOptions Exact = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static Uri Create(string prefix, string pathAndQuery) => new(prefix + pathAndQuery, in Exact);
}
