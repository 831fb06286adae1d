using Microsoft.Extensions.Configuration;

namespace LinkShort.Hosting.Engine;

/// <summary>Where a run keeps its data, and whether it is somebody's system or a test's.</summary>
internal sealed class EngineSettings
{
    private EngineSettings(string dataDirectory, bool isTemporary)
    {
        DataDirectory = dataDirectory;
        IsTemporary = isTemporary;
        KeptValues = new KeptValues(isTemporary ? null : Path.Combine(dataDirectory, "secrets.json"));
        KeptPorts = new KeptValues(isTemporary ? null : Path.Combine(dataDirectory, "ports.json"));
    }

    /// <summary>Absolute. Made at start.</summary>
    public string DataDirectory { get; }

    /// <summary>A test's: free ports instead of fixed ones, nothing flushed to disk, the directory removed at the end.</summary>
    public bool IsTemporary { get; }

    /// <summary>Generated passwords and keys.</summary>
    public KeptValues KeptValues { get; }

    /// <summary>The ports of the last run, so that addresses stay the same while they are free.</summary>
    public KeptValues KeptPorts { get; }

    /// <summary>The setting <c>LINKSHORT_DATA</c>, relative to the AppHost's parent, where <c>.data</c> is by default.</summary>
    public static EngineSettings From(IConfiguration configuration, string appHostDirectory)
    {
        var root = Path.GetDirectoryName(appHostDirectory) ?? appHostDirectory;
        var wanted = configuration["LINKSHORT_DATA"];
        return new EngineSettings(Path.GetFullPath(string.IsNullOrWhiteSpace(wanted) ? ".data" : wanted, root), isTemporary: false);
    }

    /// <summary>Under the system's directory for temporary files, which every user can reach.</summary>
    public static EngineSettings Temporary() => new(Path.Combine(Path.GetTempPath(), $"linkshort-{Guid.NewGuid():N}"[..26]), isTemporary: true);

    public string Folder(string name) => Path.Combine(DataDirectory, name);
}
