namespace LinkShort.Conventions.Tests;

public sealed class TenantSqlTests
{
    [Fact]
    public void Every_statement_on_a_tenants_table_names_the_workspace() =>
        TenantSql.Check(Repository.Code).ShouldBeNone(
            "Compare workspace_id in the statement, or say in it why it reaches over all: -- every workspace: <reason>");

    [Fact]
    public void The_tenants_tables_are_found()
    {
        var tables = Repository.Code.Where(source => source.Path.Contains("/Migrations/", StringComparison.Ordinal))
            .SelectMany(source => TenantSql.TablesOf(source.Text).Select(table => $"{source.Part} {table}"))
            .ToList();

        tables.ShouldContain("services/Links links");
        tables.ShouldContain("services/Redirect routes");
        tables.ShouldContain("services/Analytics clicks");
        tables.ShouldContain("services/Analytics rollups");
        tables.ShouldContain("services/Identity api_keys");
        tables.ShouldNotContain("services/Identity users");
        tables.ShouldNotContain("services/Identity signing_keys");
    }

    [Theory]
    [InlineData("""db.Query("select * from links where id = @id")""")]
    [InlineData("""db.Query("select id, workspace_id from links where id = @id")""")]
    [InlineData("""db.Query("SELECT id FROM links l JOIN tags t ON t.link_id = l.id WHERE l.id = @id")""")]
    [InlineData("""db.Execute("update links set title = @title where id = @id")""")]
    [InlineData("""db.Execute("update links set workspace_id = @other where id = @id")""")]
    [InlineData("""db.Execute("delete from links where id = @id")""")]
    [InlineData("""db.Execute("delete from links")""")]
    [InlineData("""db.Execute("truncate links")""")]
    [InlineData("""db.Execute("insert into links (id, url) values (@id, @url)")""")]
    [InlineData("""db.Execute("copy links (id, url) from stdin")""")]
    [InlineData("""db.Query("select * from links " + "where id = @id")""")]
    [InlineData("""db.Query("select * from " + "links where id = " + id)""")]
    [InlineData("""db.Query($"select {columns} from links where id = {id}")""")]
    [InlineData("""db.Query($"select {columns} from links {where}")""")]
    [InlineData("db.Query(\"\"\"\n  select *\n  from links\n  where id = @id\n  \"\"\")")]
    [InlineData("""db.Query("select 1 from links where workspace_id = @w; select * from links where id = @id")""")]
    [InlineData("""db.Query("with found as (select * from links where id = @id) select * from found")""")]
    [InlineData("""db.Query("-- workspace_id = @workspaceId\nselect * from links where id = @id")""")]
    [InlineData("""db.Query("select * from links where id = @id -- every workspace: short")""")]
    [InlineData("""db.Query("select * from links where id = @id -- every workspace:")""")]
    public void A_planted_statement_without_its_workspace_is_found(string code) =>
        TenantSql.Check([Migration, Planted(code)]).ShouldHaveSingleItem().ShouldStartWith("services/Links/Planted.cs:");

    [Theory]
    [InlineData("""db.Query("select * from links where workspace_id = @workspaceId and id = @id")""")]
    [InlineData("""db.Query("select * from links l where l.workspace_id = @workspaceId")""")]
    [InlineData("""db.Query("select * from links where (workspace_id, id) in (select * from unnest(@a, @b))")""")]
    [InlineData("""db.Query("select * from tags t join links l on l.workspace_id = t.workspace_id and l.id = t.link_id")""")]
    [InlineData("""db.Execute("insert into links (id, workspace_id) values (@id, @w) on conflict do nothing")""")]
    [InlineData("""db.Execute("insert into links as l (id, workspace_id) select * from unnest(@a, @b)")""")]
    [InlineData("""db.Execute("copy links (at, workspace_id) from stdin (format binary)")""")]
    [InlineData("""db.Execute("delete from outbox where position = any(@positions)")""")]
    [InlineData("db.Execute(\"\"\"\n  -- every workspace: housekeeping, nothing is read\n  delete from links where expires_at < @now\n  \"\"\")")]
    [InlineData("\n// every workspace: a visitor has none\n db.Query(\"select * from links where code = @code\")")]
    [InlineData("var where = new StringBuilder(\"where workspace_id = @w\"); db.Query($\"select * from links {where}\")")]
    [InlineData("""Show("Nothing from links yet")""")]
    public void A_good_statement_is_left_alone(string code) => TenantSql.Check([Migration, Planted(code)]).ShouldBeEmpty();

    [Fact]
    public void A_table_of_another_part_is_another_table() =>
        TenantSql.Check([Migration, Planted("""db.Query("select * from links")""") with { Path = "services/Other/Planted.cs" }]).ShouldBeEmpty();

    private static readonly Source Migration = new("services/Links/Migration.cs", """"
        class M { void Up() => migration.Sql("""
            create table links (
                id            uuid primary key,
                workspace_id  uuid not null,
                url           text not null check (length(url) > 0)
            );
            create table outbox (position bigint);
            """); }
        """");

    private static Source Planted(string code) => new("services/Links/Planted.cs", $$"""
        class P { void Run() { {{code}}; } }
        """);
}
