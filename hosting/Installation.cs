using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Servers;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>The resources of a run on this machine: the data folder with its secrets, and ports.</summary>
public sealed class Installation : IDisposable
{
    private readonly IDistributedApplicationBuilder _builder;
    private readonly List<string> _badSettings = [];
    private readonly List<(int Port, string Setting)> _fixedPorts = [];
    private FileStream? _lock;
    private InstallationRecord? _record;

    internal Installation(IDistributedApplicationBuilder builder)
    {
        _builder = builder;
        var setting = builder.Configuration["LINKSHORT_DATA"];
        var root = Path.GetDirectoryName(builder.AppHostDirectory) ?? builder.AppHostDirectory;
        DataDirectory = Path.GetFullPath(string.IsNullOrWhiteSpace(setting) ? ".data" : setting, root);
        IsTemporary = builder.Configuration["LINKSHORT_TEMPORARY"] == "true";
        Secrets = new KeptSecrets(Folder("secrets.json"));
    }

    /// <summary>The absolute path of <c>LINKSHORT_DATA</c>, which is relative to the repository; <c>.data</c> by default.</summary>
    public string DataDirectory { get; }

    /// <summary>For tests (<c>LINKSHORT_TEMPORARY=true</c>): nothing is flushed to disk, nothing printed.</summary>
    public bool IsTemporary { get; }

    internal Ports Ports { get; } = new();

    internal KeptSecrets Secrets { get; }

    /// <exception cref="DistributedApplicationException">It can't be read.</exception>
    internal InstallationRecord Record
    {
        get
        {
            if (_record is null)
            {
                InDataFolder(() => _record = InstallationRecord.Read(DataDirectory));
            }

            return _record!;
        }
    }

    /// <summary>Why the run failed, in one line; null if it hasn't failed.</summary>
    internal string? Failure { get; private set; }

    /// <summary>Every resource was started, or waits for its dependencies.</summary>
    internal bool IsStarted { get; set; }

    /// <summary>The run is being stopped before everything was started.</summary>
    internal bool IsStartCancelled => !IsStarted && Stopping.IsCancellationRequested;

    /// <summary>Cancelled when the host stops.</summary>
    internal CancellationToken Stopping { get; set; }

    /// <summary>Where the servers' folders are that the data folder links to; null if it holds them itself.</summary>
    internal string? OutsideData => new DirectoryInfo(DataDirectory).EnumerateDirectories().Select(folder => Path.GetDirectoryName(folder.LinkTarget)).FirstOrDefault(target => target is not null);

    internal string StateFile => Folder("apphost.json");

    internal string Folder(string name) => Path.Combine(DataDirectory, name);

    /// <summary>Adds a parameter whose value is generated once and kept in the data folder.</summary>
    public IResourceBuilder<ParameterResource> Secret(string name) => _builder.AddParameter(name, Secrets.Default(name), secret: true);

    /// <summary>The port in a setting, or its default; 0 chooses a free one.</summary>
    public int Port(string setting, int usual)
    {
        var value = _builder.Configuration[setting];
        var port = usual;
        if (!string.IsNullOrEmpty(value) && (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535))
        {
            _badSettings.Add($"{setting} is '{value}': set it to a port number from 1 to 65535.");
            return usual;
        }

        if (port == 0)
        {
            return Ports.Free();
        }

        _fixedPorts.Add((port, setting));
        return port;
    }

    /// <summary>A port that nothing else listens on.</summary>
    public int FreePort() => Ports.Free();

    /// <summary>The number of replicas in the setting <c>Replicas__{name}</c>; one by default.</summary>
    public int Replicas(string name)
    {
        var value = _builder.Configuration[$"Replicas:{name}"];
        if (string.IsNullOrEmpty(value))
        {
            return 1;
        }

        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is > 0 and <= 16)
        {
            return count;
        }

        _badSettings.Add($"Replicas__{name} is '{value}': set it to a number from 1 to 16.");
        return 1;
    }

    /// <summary>Stops the run; <see cref="InstallationExtensions.RunInstallation"/> reports the reason.</summary>
    internal void Fail(string reason, IHostApplicationLifetime lifetime)
    {
        Failure ??= reason;
        lifetime.StopApplication();
    }

    /// <summary>Validates settings and ports before anything is started, and locks the data folder.</summary>
    /// <exception cref="DistributedApplicationException">In one line, the problem and the fix.</exception>
    internal async Task PrepareAsync(IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        Stopping = lifetime.ApplicationStopping;
        if (_badSettings.Count > 0)
        {
            throw new DistributedApplicationException(string.Join(' ', _badSettings));
        }

        LockDataFolder();
        InDataFolder(Record.Save);
        Secrets.Load();
        foreach (var (port, setting) in _fixedPorts)
        {
            // After a kill of the app host its processes take some seconds to exit.
            for (var waited = 0; File.Exists(StateFile) && !Ports.IsFree(port) && waited < 200; waited++)
            {
                await Task.Delay(100, cancellationToken);
            }

            if (!Ports.IsFree(port))
            {
                var holder = PortHolder.Find(port) is { } found ? $" ({found})" : "";
                throw new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture, $"Port {port} is in use by another program{holder}: stop it, or set {setting} to another port."));
            }
        }
    }

    /// <exception cref="DistributedApplicationException">It can't be created, read or written.</exception>
    internal void CreateDataDirectory() => InDataFolder(() =>
    {
        // Other users may traverse it if root runs this, because PostgreSQL's files then belong to its own user.
        var folder = Directory.CreateDirectory(DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | (Native.IsRoot ? UnixFileMode.GroupExecute | UnixFileMode.OtherExecute : 0));
        if ((folder.UnixFileMode & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite)) != 0)
        {
            folder.UnixFileMode &= ~(UnixFileMode.OtherRead | UnixFileMode.OtherWrite);
        }
    });

    private void LockDataFolder()
    {
        CreateDataDirectory();
        DiskSpace.Check(DataDirectory);
        InDataFolder(() =>
        {
            var options = PrivateFiles.Options(FileMode.OpenOrCreate);
            (options.Access, options.Share) = (FileAccess.ReadWrite, FileShare.None);
            _lock = new FileStream(Folder("lock"), options);
            PrivateFiles.CreateDirectory(Folder("logs"));
        });
    }

    private void InDataFolder(Action action)
    {
        try
        {
            action();
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new DistributedApplicationException($"The data folder {DataDirectory} is not readable and writable by this user: run as its owner, fix it with chown -R $(id -u) {DataDirectory}, or set LINKSHORT_DATA to another folder.", denied);
        }
        catch (IOException failure) when (DiskSpace.IsExhausted(failure))
        {
            throw DiskSpace.Exhausted(DataDirectory);
        }
        catch (IOException failure) when (_lock is null && File.Exists(Folder("lock")))
        {
            var process = State.ProcessId(StateFile) is { } id ? string.Create(CultureInfo.InvariantCulture, $" (process {id})") : "";
            throw new DistributedApplicationException($"LinkShort is already running on the data folder {DataDirectory}{process}: stop it with ./linkshort stop, or set LINKSHORT_DATA to another folder.", failure);
        }
        catch (IOException failure)
        {
            throw new DistributedApplicationException($"The data folder {DataDirectory} can't be used ({failure.Message.TrimEnd('.')}): set LINKSHORT_DATA to a folder that this user can write.", failure);
        }
    }

    public void Dispose()
    {
        _lock?.Dispose();
        Ports.Dispose();
    }
}

internal static class DiskSpace
{
    private const int NoSpaceLeft = 28; // ENOSPC
    private const long NeededBytes = 300L * 1024 * 1024;

    public static bool IsExhausted(IOException failure) => (failure.HResult & 0xFFFF) == NoSpaceLeft;

    public static DistributedApplicationException Exhausted(string directory) => Explain(directory, "has no space left");

    /// <exception cref="DistributedApplicationException">PostgreSQL's and RabbitMQ's first files alone take 100 MB.</exception>
    public static void Check(string directory)
    {
        var free = new DriveInfo(directory).AvailableFreeSpace;
        if (free < NeededBytes)
        {
            throw Explain(directory, FormattableString.Invariant($"has only {free / (1024 * 1024)} MB free, LinkShort needs {NeededBytes / (1024 * 1024)} MB"));
        }
    }

    private static DistributedApplicationException Explain(string directory, string state) =>
        new($"The disk of {directory} {state}: free some, or choose another folder with LINKSHORT_DATA.");
}
