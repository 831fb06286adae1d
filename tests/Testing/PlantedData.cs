using System.IO.Compression;
using System.Net;
using System.Text;
using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LinkShort.Testing;

/// <summary>
/// Plants a row in every table with personal data by a service's map, with a marker in every text to search for in an export and after an erasure.
/// </summary>
public sealed class PlantedData
{
    private readonly DataMap _map;
    private readonly NpgsqlDataSource _source;

    private PlantedData(DataMap map, NpgsqlDataSource source) => (_map, _source) = (map, source);

    public Guid UserId { get; private init; }

    public Guid WorkspaceId { get; private init; }

    /// <summary>In each planted text, followed by the names of table and column.</summary>
    public string Marker { get; } = $"planted{Guid.NewGuid():N}";

    /// <summary>Tables and columns that are only in the map or only in the database.</summary>
    public static async Task<IReadOnlyList<string>> DifferencesAsync(DataMap map, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(map);
        await using var source = NpgsqlDataSource.Create(connectionString);
        var columns = await ColumnsAsync(source);
        var differences = new List<string>();
        foreach (var table in columns.Keys.Except(map.Tables.Select(table => table.Name)))
        {
            differences.Add($"{map.Service}: table {table} is not in PersonalData.Map.");
        }

        foreach (var table in map.Tables)
        {
            var actual = columns.TryGetValue(table.Name, out var found) ? found.Select(column => column.Name).ToList() : [];
            differences.AddRange(actual.Except(table.Columns).Select(column => $"{map.Service}: column {table.Name}.{column} is not in PersonalData.Map."));
            differences.AddRange(table.Columns.Except(actual).Select(column => $"{map.Service}: PersonalData.Map has {table.Name}.{column}, the database has not."));
            differences.AddRange(table.Columns.GroupBy(column => column).Where(same => same.Count() > 1).Select(same => $"{map.Service}: {table.Name}.{same.Key} is in the map twice."));
            if (table.Withheld.Length > 0 && table.WithheldBecause.Length == 0)
            {
                differences.Add($"{map.Service}: {table.Name} doesn't say why something is withheld.");
            }

            if (table.IsPersonal && table.Erased == ErasureRule.NothingToErase)
            {
                differences.Add($"{map.Service}: {table.Name} holds something about people and doesn't say how it is erased.");
            }
        }

        return differences;
    }

    /// <param name="values">For columns that accept only certain values: <c>table.column</c> → value.</param>
    /// <param name="person">An existing user with rows in <paramref name="except"/>.</param>
    public static async Task<PlantedData> PlantAsync(
        IServiceProvider services, IReadOnlyDictionary<string, object?>? values = null, (Guid UserId, Guid WorkspaceId)? person = null, params string[] except)
    {
        ArgumentNullException.ThrowIfNull(services);
        var (userId, workspaceId) = person ?? (Guid.CreateVersion7(), Guid.CreateVersion7());
        var planted = new PlantedData(services.GetRequiredService<DataMap>(), services.GetRequiredService<NpgsqlDataSource>()) { UserId = userId, WorkspaceId = workspaceId };
        await planted.PlantAsync(values ?? new Dictionary<string, object?>(), except);
        return planted;
    }

    /// <summary>The service's part of the export as one text, with the file names.</summary>
    public async Task<string> ExportAsync(IServiceProvider services, HttpClient asIdentity)
    {
        ArgumentNullException.ThrowIfNull(asIdentity);
        var exportId = Guid.CreateVersion7();
        await PublishAsync(services, new ExportRequested(exportId, UserId, [WorkspaceId], TimeProvider.System.GetUtcNow()));
        byte[] zip = [];
        await Eventually.PassesAsync(async () => zip = await asIdentity.GetByteArrayAsync($"/internal/exports/{exportId}"));
        await PublishAsync(services, new ExportClosed(exportId));
        await Eventually.BecomesAsync(async () =>
        {
            using var gone = await asIdentity.GetAsync($"/internal/exports/{exportId}");
            return gone.StatusCode;
        }, status => status == HttpStatusCode.NotFound, TimeSpan.FromSeconds(30));
        return TextOf(zip);
    }

    public static string TextOf(byte[] zip)
    {
        var text = new StringBuilder();
        using var archive = new ZipArchive(new MemoryStream(zip), ZipArchiveMode.Read);
        foreach (var entry in archive.Entries)
        {
            using var reader = new StreamReader(entry.Open());
            text.AppendLine(entry.FullName).AppendLine(reader.ReadToEnd());
        }

        return text.ToString();
    }

    /// <summary>The required content of an export: the marker of each text column that the map exports, in JSON and in CSV.</summary>
    public IEnumerable<string> Exported => _planted.Where(each => each.Exported).Select(each => each.Text);

    /// <summary>What an export must not contain.</summary>
    public IEnumerable<string> Withheld => _planted.Where(each => !each.Exported).Select(each => each.Text);

    public Task EraseAsync(IServiceProvider services) =>
        PublishAsync(services, new UserErased(Guid.CreateVersion7(), UserId, [WorkspaceId], TimeProvider.System.GetUtcNow()));

    /// <summary>Tables with a row that still contains the marker or the person's id.</summary>
    public async Task<IReadOnlyList<string>> LeftInAsync()
    {
        var left = new List<string>();
        await using var connection = await _source.OpenConnectionAsync();
        foreach (var table in (await ColumnsAsync(_source)).Keys.Where(name => name is not ("inbox" or "__EFMigrationsHistory")))
        {
            if (await connection.ExecuteScalarAsync<bool>(
                $"select exists (select from {table} t where t::text like @Marker or t::text like @Id)", new { Marker = $"%{Marker}%", Id = $"%{UserId}%" }))
            {
                left.Add(table);
            }
        }

        return left;
    }

    private readonly List<(string Text, bool Exported)> _planted = [];

    private async Task PlantAsync(IReadOnlyDictionary<string, object?> values, string[] except)
    {
        var columns = await ColumnsAsync(_source);
        await using var connection = await _source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        // Not all referenced rows are planted.
        await connection.ExecuteAsync("set local session_replication_role = replica", transaction: transaction);
        foreach (var table in _map.Tables.Where(table => table.IsPersonal && table.Subject is not null && !except.Contains(table.Name)))
        {
            var parameters = new DynamicParameters();
            var own = columns[table.Name].Where(column => !column.Generated).ToList();
            foreach (var column in own)
            {
                parameters.Add(column.Name, values.TryGetValue($"{table.Name}.{column.Name}", out var value) ? value : ValueOf(table, column));
            }

            var placeholders = own.Select(column => $"@{column.Name}::{column.Type}");
            await connection.ExecuteAsync(
                $"insert into {table.Name} ({string.Join(", ", own.Select(column => column.Name))}) values ({string.Join(", ", placeholders)})", parameters, transaction);
        }

        await transaction.CommitAsync();
    }

    private object? ValueOf(MappedTable table, Column column)
    {
        switch (column.Type)
        {
            case "uuid":
                return column.Name switch
                {
                    "workspace_id" => WorkspaceId,
                    "user_id" or "created_by" or "invited_by" or "actor_id" or "personal_of" or "chain" => UserId,
                    _ => Guid.CreateVersion7(),
                };
            case "timestamp with time zone":
                // Expired rows would be deleted by the cleanup.
                return TimeProvider.System.GetUtcNow() + (column.Name.StartsWith("expires", StringComparison.Ordinal) ? TimeSpan.FromHours(1) : TimeSpan.Zero);
            case "date":
                return TimeProvider.System.GetUtcNow().UtcDateTime.Date;
            case "bytea":
                return System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);
            case "boolean":
                return false;
            case "text[]":
                return new[] { Text() };
            case "jsonb":
                return $$"""{"text":"{{Text()}}"}""";
            case "text":
                return Text();
            default:
                return 1;
        }

        string Text()
        {
            var text = $"{Marker}-{table.Name}-{column.Name}";
            _planted.Add((text, table.Exported.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Any(name => name.Split('-')[0] == column.Name)));
            return text;
        }
    }

    private static async Task PublishAsync<T>(IServiceProvider services, T message) where T : class
    {
        // Through the outbox, like any change of a service.
        await using var work = await services.GetRequiredService<Database>().BeginAsync(CancellationToken.None);
        work.Publish(message);
        await work.CommitAsync(CancellationToken.None);
    }

    private sealed record Column(string Table, string Name, string Type, bool Generated);

    /// <summary>The parent of a partition; any other table itself.</summary>
    private static async Task<Dictionary<string, List<Column>>> ColumnsAsync(NpgsqlDataSource source)
    {
        await using var connection = await source.OpenConnectionAsync();
        var columns = await connection.QueryAsync<(string, string, string, bool)>("""
            select c.relname::text, a.attname::text, format_type(a.atttypid, null), a.attidentity <> '' or a.attgenerated <> ''
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
            order by 1, a.attnum
            """);
        return columns.GroupBy(column => column.Item1).ToDictionary(
            table => table.Key, table => table.Select(column => new Column(column.Item1, column.Item2, column.Item3, column.Item4)).ToList());
    }
}
