using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_01_behavior_and_aliases")]
public sealed class AddBehaviorAndAliases : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
        -- A LinkBehavior; null for a plain redirect.
        alter table links add column behavior jsonb;
        -- Former codes that still lead to the link, one a line (a code has no line breaks; the index below can't take arrays).
        alter table links add column aliases text collate "C" not null default '';

        -- Which link a short address leads to: its code and its aliases.
        create table link_codes (
            domain        text collate "C" not null,
            -- The code as it is, or folded where the domain does not tell upper from lower case.
            code_key      text collate "C" not null,
            link_id       uuid not null references links (id) on delete cascade,
            workspace_id  uuid not null,
            -- Over all workspaces: a short URL leads to one place.
            primary key (domain, code_key)
        );
        create index link_codes_link on link_codes (link_id);
        -- every workspace: the codes of all of them move to the new table
        insert into link_codes (domain, code_key, link_id, workspace_id) select domain, code, id, workspace_id from links;
        alter table links drop constraint links_domain_code;

        -- How link_codes.code_key was made; compared with the settings at each start.
        create table code_folding (
            domain            text collate "C" primary key,
            case_insensitive  boolean not null
        );
        insert into code_folding (domain, case_insensitive) values ('', false);

        drop index links_search;
        create index links_search on links using gin
            (workspace_id, ((code || E'\n' || aliases || E'\n' || url || E'\n' || coalesce(title, '')) collate "und-x-icu") gin_trgm_ops);
        """);
}
