using LinkShort.Identity.Keys.SigningKeys;
using LinkShort.Identity.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

public sealed class StorageTests(IdentityApplication identity)
{
    [Fact]
    public async Task The_EF_model_matches_the_migrations()
    {
        using var scope = identity.Host.Services.CreateScope();
        IModel[] models =
        [
            scope.ServiceProvider.GetRequiredService<AccountsContext>().Model,
            scope.ServiceProvider.GetRequiredService<DataProtectionContext>().Model,
        ];
        var entities = models.SelectMany(model => model.GetEntityTypes()).ToList();
        var columns = await ColumnsAsync();
        // Only replicas of the previous version use these during an update. They are nullable or have defaults, so inserts may omit them.
        foreach (var unread in new[] { "lockout_enabled", "lockout_end", "access_failed_count" })
        {
            columns["users"].Remove(unread).ShouldBeTrue();
        }

        var keys = await PrimaryKeysAsync();
        entities.Select(entity => entity.GetTableName()).ShouldBe(["users", "data_protection_keys"], ignoreOrder: true);
        foreach (var entity in entities)
        {
            var table = StoreObjectIdentifier.Table(entity.GetTableName()!);
            var mapped = entity.GetProperties().ToDictionary(
                property => property.GetColumnName(table)!,
                property => (property.GetColumnType(), property.IsColumnNullable(table)));
            // In both directions: EF would omit a column that it doesn't map from its inserts.
            mapped.ShouldBe(columns[table.Name], ignoreOrder: true, customMessage: table.Name);
            entity.FindPrimaryKey()!.Properties.Select(property => property.GetColumnName(table)!)
                .ShouldBe(keys[table.Name], customMessage: table.Name);
        }
    }

    /// <summary>table → column → (type, nullable), from PostgreSQL's catalogue.</summary>
    private async Task<Dictionary<string, Dictionary<string, (string, bool)>>> ColumnsAsync()
    {
        var columns = new Dictionary<string, Dictionary<string, (string, bool)>>();
        await using var command = identity.Database.CreateCommand("""
            select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
            """);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var table = reader.GetString(0);
            if (!columns.TryGetValue(table, out var of))
            {
                columns[table] = of = [];
            }

            of.Add(reader.GetString(1), (reader.GetString(2), reader.GetBoolean(3)));
        }

        return columns;
    }

    private async Task<Dictionary<string, string[]>> PrimaryKeysAsync()
    {
        var keys = new Dictionary<string, string[]>();
        await using var command = identity.Database.CreateCommand("""
            select i.indrelid::regclass::text, array_agg(a.attname::text order by array_position(i.indkey::int[], a.attnum::int))
            from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
            where i.indisprimary and a.attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)
            group by 1
            """);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            keys.Add(reader.GetString(0), reader.GetFieldValue<string[]>(1));
        }

        return keys;
    }
}
