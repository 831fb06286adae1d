using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.Hosting.Servers;

/// <summary>A PostgreSQL cluster of its own from Debian's package: scram-sha-256 with a generated password, loopback TCP only.</summary>
internal static class NativePostgres
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private static readonly ServerAccount Account = new("postgres");

    // The orchestrator ends processes with SIGTERM, for PostgreSQL a "smart" shutdown that waits for every client. SIGINT is "fast".
    private const string FastShutdown = """
        "$@" & server=$!
        trap 'kill -INT $server' TERM INT
        wait $server; code=$?
        while kill -0 $server 2>/dev/null; do wait $server; code=$?; done
        exit $code
        """;

    public static IEnumerable<string> MissingPackages() => InstalledVersions().Any() && !Account.IsMissing ? [] : ["postgresql"];

    public static void Swap(IDistributedApplicationBuilder builder, Installation installation, PostgresServerResource postgres)
    {
        var data = ServerAccount.Place(installation, postgres.Name);
        var programs = ProgramsFor(data);
        Native.Swap(
            builder,
            installation,
            postgres,
            data,
            [
                "/bin/sh", "-c", FastShutdown, postgres.Name, .. Account.Prefix,
                // If the shell is killed, so is the server; otherwise it would keep the data folder.
                Native.Find("setpriv") ?? "setpriv", "--pdeathsig=INT", Path.Combine(programs, "postgres"), "-D", data,
                .. Settings(postgres, installation.IsTemporary).SelectMany(setting => (object[])["-c", setting]),
            ],
            (checks, name, connection) => checks.AddNpgSql(_ => connection() + ";Database=postgres", name: name),
            (logger, cancellationToken) => InitializeAsync(installation, postgres, data, programs, logger, cancellationToken));
        CreateDatabasesWhenReady(builder, installation, postgres);
    }

    /// <summary>Creates the model's databases as soon as the server is ready, native or external.</summary>
    public static void CreateDatabasesWhenReady(IDistributedApplicationBuilder builder, Installation installation, PostgresServerResource postgres) =>
        builder.Eventing.Subscribe<ResourceReadyEvent>(async (ready, cancellationToken) =>
        {
            if (ready.Resource.Name != postgres.Name)
            {
                return;
            }

            try
            {
                await CreateDatabasesWhenItAnswersAsync(postgres, cancellationToken);
            }
            catch (DistributedApplicationException refused)
            {
                installation.Fail(refused.Message, ready.Services.GetRequiredService<IHostApplicationLifetime>());
                throw;
            }
        });

    /// <summary>After a stop and a start, the health check may have reached the old process while it was shutting down.</summary>
    private static async Task CreateDatabasesWhenItAnswersAsync(PostgresServerResource postgres, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await CreateDatabasesAsync(postgres, cancellationToken);
                return;
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                await Task.Delay(Retry, cancellationToken);
            }
        }
    }

    private static IEnumerable<object> Settings(PostgresServerResource postgres, bool isTemporary) =>
    [
        "listen_addresses=127.0.0.1",
        ReferenceExpression.Create($"port={postgres.PrimaryEndpoint.Property(EndpointProperty.TargetPort)}"),
        "unix_socket_directories=",
        "password_encryption=scram-sha-256",
        "max_connections=200",
        "max_wal_size=1GB",
        "log_min_duration_statement=500ms",
        "log_line_prefix=%m [%p] %q%u@%d ",
        "log_timezone=UTC",
        "timezone=UTC",
        "logging_collector=off",
        "jit=off",
        // Deleted after the run, so it need not survive a crash of the machine. Tests kill it, so synchronous_commit remains on.
        .. isTemporary ? (object[])["fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=600"] : ["shared_buffers=128MB"],
    ];

    private static async Task CreateDatabasesAsync(PostgresServerResource postgres, CancellationToken cancellationToken)
    {
        var options = new NpgsqlConnectionStringBuilder(await postgres.ConnectionStringExpression.GetValueAsync(cancellationToken)) { Database = "postgres", Pooling = false };
        await using var connection = new NpgsqlConnection(options.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        // Looked up first: on a managed server the user may use its databases, but not create any.
        var missing = postgres.Databases.Values.Except(await DatabasesAsync(connection, cancellationToken), StringComparer.Ordinal).ToArray();
        foreach (var database in missing)
        {
            try
            {
                // The name of a database can't be a parameter.
#pragma warning disable CA2100 // The name comes from the app host and is quoted.
                await using var create = new NpgsqlCommand($"CREATE DATABASE \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", connection);
#pragma warning restore CA2100
                await create.ExecuteNonQueryAsync(cancellationToken);
            }
            catch (PostgresException duplicate) when (duplicate.SqlState == PostgresErrorCodes.DuplicateDatabase)
            {
                // Another app host on the same server created it in between.
            }
            catch (PostgresException denied) when (denied.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                throw new DistributedApplicationException(
                    $"PostgreSQL's user {options.Username} may not create databases, and these don't exist: {string.Join(", ", missing)}. Create them with this user as their owner, or grant it CREATEDB.", denied);
            }
        }
    }

    private static async Task<List<string>> DatabasesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var list = new NpgsqlCommand("SELECT datname FROM pg_database", connection);
        await using var reader = await list.ExecuteReaderAsync(cancellationToken);
        var names = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    private static async Task InitializeAsync(
        Installation installation, PostgresServerResource postgres, string data, string programs, ILogger logger, CancellationToken cancellationToken)
    {
        if (File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            return;
        }

        // A killed initdb leaves an incomplete cluster.
        Directory.Delete(data, recursive: true);
        PrivateFiles.CreateDirectory(data);
        var password = data + ".password";
        try
        {
            await PrivateFiles.WriteAsync(password, await postgres.PasswordParameter.GetValueAsync(cancellationToken) + "\n", cancellationToken);
            await Account.OwnAsync(installation, logger, cancellationToken, data, password);
            string[] initdb =
            [
                .. Account.Prefix, Path.Combine(programs, "initdb"), "-D", data, $"--username={await postgres.UserNameReference.GetValueAsync(cancellationToken)}", $"--pwfile={password}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", .. installation.IsTemporary ? (string[])["--no-sync"] : [],
            ];
            await Native.RunAsync(logger, installation.DataDirectory, initdb[0], initdb[1..], cancellationToken);
        }
        catch
        {
            File.Delete(Path.Combine(data, "PG_VERSION")); // So that the next start empties the folder.
            throw;
        }
        finally
        {
            File.Delete(password);
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

    /// <summary>The programs of the version that created the cluster; the newest for a new one.</summary>
    private static string ProgramsFor(string data)
    {
        var file = Path.Combine(data, "PG_VERSION");
        if (!File.Exists(file))
        {
            return InstalledVersions().First().Programs;
        }

        var version = File.ReadAllText(file).Trim();
        return InstalledVersions().FirstOrDefault(candidate => candidate.Version == version).Programs
            ?? throw new DistributedApplicationException($"The data folder holds a PostgreSQL {version} cluster, and {version} is not installed: run apt-get install -y postgresql-{version}, or start over with ./linkshort reset.");
    }
}
