namespace LinkShort.Web.Tests.Stand;

/// <summary>The repository that the tests were built from: sources that are checked, and approved files.</summary>
internal static class Checkout
{
    private static readonly string Root = FindRoot();

    /// <param name="path">From the root, with slashes.</param>
    public static string PathOf(string path) => Path.Combine(Root, path);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "LinkShort.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"LinkShort.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
