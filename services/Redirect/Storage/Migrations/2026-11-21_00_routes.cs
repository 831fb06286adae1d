using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261121_00_routes")]
public sealed class Routes : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // A link that no longer has a code (removed or renamed) leaves a tombstone, so that late events can't restore it.
        migrationBuilder.Sql("""
            create table routes (
                domain        text not null,
                code          text not null,
                link_id       uuid not null,
                workspace_id  uuid not null,
                destination   text,
                redirect_type integer,
                active_from   timestamptz,
                expires_at    timestamptz,
                archived      boolean not null default false,
                created_at    timestamptz,
                version       bigint not null,
                removed       boolean not null,
                revision      bigint not null,
                primary key (domain, code, link_id),
                check (removed or (destination is not null and redirect_type is not null and created_at is not null))
            );
            create index routes_link on routes (link_id);
            """);
        // Caches compare revisions. Starting at the clock's microseconds, they keep increasing when a lost database is created again.
        migrationBuilder.Sql("""
            do $$ begin
                execute format('create sequence route_revision start with %s', (extract(epoch from clock_timestamp()) * 1000000)::bigint);
            end $$;
            """);
        migrationBuilder.Sql("""
            create table rebuild (
                id          integer primary key check (id = 1),
                last_link   uuid,
                finished_at timestamptz
            );
            insert into rebuild (id) values (1);
            create table cache_repairs (
                domain text not null,
                code   text not null,
                noted  bigint not null default nextval('route_revision'),
                primary key (domain, code)
            );
            """);
    }
}
