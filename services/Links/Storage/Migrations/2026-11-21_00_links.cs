using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_00_links")]
public sealed class CreateLinks : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.CreateMessagingTables();
        migrationBuilder.CreateIdempotencyTable();
        // Both are trusted extensions, which the database's owner may create.
        migrationBuilder.Sql("""
            create extension if not exists pg_trgm;
            create extension if not exists btree_gin;

            create table links (
                id            uuid primary key,
                workspace_id  uuid not null,
                -- Lower case; empty for the installation's own short host.
                domain        text collate "C" not null,
                -- Unicode normalization form C, case-sensitive.
                code          text collate "C" not null,
                url           text not null,
                title         text,
                notes         text,
                tags          text[] not null default '{}',
                redirect_type integer not null,
                active_from   timestamptz,
                expires_at    timestamptz,
                archived      boolean not null default false,
                clicks        bigint not null default 0,
                version       bigint not null,
                created_by    uuid not null,
                created_at    timestamptz not null,
                updated_at    timestamptz not null,
                -- Over all workspaces: a short URL leads to one place.
                constraint links_domain_code unique (domain, code)
            )
            -- Click counts change often and are in no index, so that they are updated in place (HOT) while pages have room.
            with (fillfactor = 85);

            create index links_created on links (workspace_id, created_at desc, id desc);
            create index links_title on links (workspace_id, (coalesce(title, '') collate "und-x-icu"), id);
            create index links_tags on links using gin (workspace_id, tags);
            create index links_search on links
                using gin (workspace_id, ((code || E'\n' || url || E'\n' || coalesce(title, '')) collate "und-x-icu") gin_trgm_ops);
            """);
    }
}
