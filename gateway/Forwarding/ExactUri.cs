namespace LinkShort.Gateway.Forwarding;

/// <summary>URIs without normalization: <c>%2B</c> is not <c>+</c>, <c>%7e</c> not <c>~</c>, <c>/a/./b</c> not <c>/a/b</c>.</summary>
internal static class ExactUri
{
    // With .NET's normalization, the service would see a different code than the visitor requested. The framework's warning is about
    // comparing such URIs; here they are only written into an HTTP request line.
    private static readonly UriCreationOptions Exact = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public static Uri Create(string prefix, string pathAndQuery) => new(prefix + pathAndQuery, in Exact);
}
