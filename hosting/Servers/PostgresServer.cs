using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using LinkShort.Hosting.Engine;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace LinkShort.Hosting.Servers;

/// <summary>A PostgreSQL cluster of its own: scram-sha-256 with a generated password, loopback TCP only.</summary>
internal sealed class PostgresServer(PostgresServerResource server) : Workload
{
    private const string Account = "postgres";
    private const string Package = "postgresql";

    public override string Kind => "PostgreSQL";

    public override string? Source => InstalledVersions().FirstOrDefault() is { } newest ? $"postgres {newest.Version}" : "postgres";

    public override IEnumerable<string> MissingPackages() => InstalledVersions().Any() ? [] : [Package];

    public override async Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        var data = DataDirectory(instance.Engine.Settings);
        var environment = ProcessEnvironment.ForServer(instance);
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await InitializeAsync(instance, data, environment, cancellationToken);
        }

        var version = (await File.ReadAllTextAsync(Path.Combine(data, "PG_VERSION"), cancellationToken)).Trim();
        var installed = InstalledVersions().FirstOrDefault(candidate => candidate.Version == version);
        if (installed.Programs is null)
        {
            throw new DistributedApplicationException($"The data folder holds a PostgreSQL {version} cluster, and {version} is not installed: run apt-get install -y postgresql-{version}, or start afresh with ./linkshort reset.");
        }

        var settings = new Dictionary<string, string>
        {
            ["listen_addresses"] = "127.0.0.1",
            ["port"] = server.PrimaryEndpoint.EndpointAnnotation.ReplicaPorts[0].ToString(CultureInfo.InvariantCulture),
            ["unix_socket_directories"] = "",
            ["password_encryption"] = "scram-sha-256",
            ["max_connections"] = "200",
            ["shared_buffers"] = "128MB",
            ["max_wal_size"] = "1GB",
            ["log_min_duration_statement"] = "500ms",
            ["log_line_prefix"] = "%m [%p] %q%u@%d ",
            ["log_timezone"] = "UTC",
            ["timezone"] = "UTC",
            ["logging_collector"] = "off",
            ["jit"] = "off",
        };
        if (instance.Engine.Settings.IsTemporary)
        {
            // Thrown away at the end: it need not survive the machine. A kill it must (synchronous_commit stays on): tests do that.
            settings["fsync"] = "off";
            settings["full_page_writes"] = "off";
            settings["shared_buffers"] = "64MB";
        }

        await environment.AddModelAsync(server, instance, cancellationToken);
        instance.Publish(snapshot => snapshot with { EnvironmentVariables = environment.Snapshot() });
        return new ProcessSpec
        {
            FileName = Path.Combine(installed.Programs, "postgres"),
            Arguments = ["-D", data, .. settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" }), .. await ProcessEnvironment.ArgumentsAsync(server, cancellationToken)],
            WorkingDirectory = data,
            Environment = environment.Values(),
            RunAs = Posix.IsRoot ? Account : null,
            // "Fast" shutdown ends sessions instead of waiting for them; "immediate" doesn't write a checkpoint either.
            StopSignal = Posix.SigInt,
            AbandonSignal = Posix.SigQuit,
            StopTimeout = TimeSpan.FromSeconds(20),
        };
    }

    /// <summary>Whether a connection can be made, with the password, and a query answered.</summary>
    public static async Task<HealthCheckResult> ProbeAsync(IResource resource, ReferenceExpression connectionString, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await ConnectAsync(connectionString, resource is PostgresServerResource ? "postgres" : null, cancellationToken);
            await using var query = new NpgsqlCommand("SELECT 1", connection);
            await query.ExecuteScalarAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (NpgsqlException failure)
        {
            return HealthCheckResult.Unhealthy(failure.Message, failure);
        }
    }

    public static async Task<NpgsqlConnection> ConnectAsync(ReferenceExpression connectionString, string? database, CancellationToken cancellationToken)
    {
        var options = new NpgsqlConnectionStringBuilder(await connectionString.GetValueAsync(cancellationToken))
        {
            Timeout = 5,
            // A pooled connection would keep databases from being dropped, and outlive the server.
            Pooling = false,
            ApplicationName = "linkshort-hosting",
        };
        options.Database = database ?? options.Database;
        var connection = new NpgsqlConnection(options.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Newest first. Debian keeps each major version in a directory of its own.</summary>
    private static IEnumerable<(string Version, string Programs)> InstalledVersions()
    {
        const string root = "/usr/lib/postgresql";
        return !Directory.Exists(root) ? [] : Directory.EnumerateDirectories(root)
            .Select(directory => (Version: Path.GetFileName(directory), Programs: Path.Combine(directory, "bin")))
            .Where(candidate => File.Exists(Path.Combine(candidate.Programs, "postgres")) && File.Exists(Path.Combine(candidate.Programs, "initdb")))
            .OrderByDescending(candidate => int.TryParse(candidate.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
    }

    /// <summary>
    /// In the data folder. When root runs this below a directory that PostgreSQL's user can't pass (such as /root),
    /// the cluster is kept under /var/lib/linkshort instead, and the data folder has a link to it.
    /// </summary>
    private string DataDirectory(EngineSettings settings)
    {
        var inside = settings.Folder(server.Name);
        if (new DirectoryInfo(inside).LinkTarget is { } elsewhere)
        {
            return elsewhere;
        }

        if (!Posix.IsRoot || Directory.Exists(inside) || IsPassable(settings.DataDirectory))
        {
            return inside;
        }

        var digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(settings.DataDirectory)))[..12];
        var outside = Path.Combine("/var/lib/linkshort", digest, server.Name);
        for (var parent = Directory.CreateDirectory(outside).Parent; parent is { FullName: not "/var/lib" }; parent = parent.Parent)
        {
            // Whatever this process's umask is, PostgreSQL's user has to get there.
            parent.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        }

        Directory.CreateSymbolicLink(inside, outside);
        return outside;
    }

    private static bool IsPassable(string directory)
    {
        for (var current = new DirectoryInfo(directory); current is not null; current = current.Parent)
        {
            if ((current.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private async Task InitializeAsync(ResourceInstance instance, string data, ProcessEnvironment environment, CancellationToken cancellationToken)
    {
        var (_, programs) = InstalledVersions().First();
        // What a killed initdb left behind is not a cluster yet.
        if (Directory.Exists(data))
        {
            Directory.Delete(data, recursive: true);
        }

        Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var password = data + ".password";
        try
        {
            await using (var file = new FileStream(password, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            await using (var writer = new StreamWriter(file))
            {
                await writer.WriteLineAsync((await server.PasswordParameter.GetValueAsync(cancellationToken)).AsMemory(), cancellationToken);
            }

            if (Posix.IsRoot)
            {
                await RunAsync(instance, environment, null, "chown", [Account + ":", data, password], cancellationToken);
            }

            var user = await server.UserNameReference.GetValueAsync(cancellationToken);
            await RunAsync(instance, environment, Posix.IsRoot ? Account : null, Path.Combine(programs, "initdb"),
                ["-D", data, $"--username={user}", $"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", .. instance.Engine.Settings.IsTemporary ? (string[])["--no-sync"] : []],
                cancellationToken);
        }
        catch
        {
            File.Delete(Path.Combine(data, "PG_VERSION")); // The next start begins again.
            throw;
        }
        finally
        {
            File.Delete(password);
        }
    }

    private static async Task RunAsync(ResourceInstance instance, ProcessEnvironment environment, string? user, string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var output = new List<string>();
        var child = await ChildProcess.StartAsync(
            new ProcessSpec
            {
                FileName = Programs.Find(program) ?? program,
                Arguments = arguments,
                WorkingDirectory = "/",
                Environment = environment.Values(),
                RunAs = user,
            },
            (line, isError) =>
            {
                instance.Engine.Logs.Write(instance.Id, line, isError);
                lock (output)
                {
                    output.Add(line);
                }
            });
        await instance.Engine.Watchdog.StartedAsync(child, Posix.SigTerm);
        int exitCode;
        try
        {
            exitCode = await child.Exited.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await child.StopAsync(Posix.SigTerm, TimeSpan.FromSeconds(2));
            throw;
        }
        finally
        {
            await instance.Engine.Watchdog.EndedAsync(child);
        }

        if (exitCode != 0)
        {
            await Task.WhenAny(child.Output, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None));
            string? reason;
            lock (output)
            {
                reason = output.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("fatal", StringComparison.OrdinalIgnoreCase)) ?? output.LastOrDefault();
            }

            throw new DistributedApplicationException(reason?.Contains("No space left", StringComparison.Ordinal) == true
                ? $"The disk of {instance.Engine.Settings.DataDirectory} has no space left: free some, or choose another folder with LINKSHORT_DATA."
                : $"{Path.GetFileName(program)} failed with exit code {exitCode}: {reason}");
        }
    }
}

/// <summary>One database of a server: created when it is missing.</summary>
internal sealed class PostgresDatabase(PostgresDatabaseResource database) : Workload
{
    public override string Kind => "Database";

    public override string? Source => database.DatabaseName;

    public override async Task<ProcessSpec?> PrepareAsync(ResourceInstance instance, CancellationToken cancellationToken)
    {
        await using var connection = await PostgresServer.ConnectAsync(database.Parent.ConnectionStringExpression, "postgres", cancellationToken);
        try
        {
            // A database's name can't be a parameter.
#pragma warning disable CA2100 // It is AppHost's, and quoted.
            await using var create = new NpgsqlCommand($"CREATE DATABASE {Quote(database.DatabaseName)}", connection);
#pragma warning restore CA2100
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException duplicate) when (duplicate.SqlState == PostgresErrorCodes.DuplicateDatabase)
        {
            // From an earlier run.
        }

        return null;
    }

    private static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
