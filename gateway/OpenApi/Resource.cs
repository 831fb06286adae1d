namespace LinkShort.Gateway.OpenApi;

/// <summary>Files that are part of the program, so that they are there when every service is down.</summary>
internal static class Resource
{
    public static byte[] Read(string name)
    {
        using var stream = typeof(Resource).Assembly.GetManifestResourceStream(name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
