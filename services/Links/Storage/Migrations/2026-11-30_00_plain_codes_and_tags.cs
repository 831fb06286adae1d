using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Links.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_00_plain_codes_and_tags")]
public sealed class PlainCodesAndTags : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Keys have no variation selectors, so that two spellings of an emoji are one code. If two
        // links have one each, the plain one keeps it, or else the older one.
        migrationBuilder.Sql("""
            -- every workspace: the form of all codes
            update link_codes c set code_key = translate(c.code_key, U&'\FE0E\FE0F', '')
            from (
                select distinct on (domain, translate(code_key, U&'\FE0E\FE0F', '')) domain, code_key
                from link_codes where code_key ~ U&'[\FE0E\FE0F]'
                order by domain, translate(code_key, U&'\FE0E\FE0F', ''), link_id
            ) as first
            where c.domain = first.domain and c.code_key = first.code_key
              and not exists (
                  select 1 from link_codes o where o.domain = c.domain and o.code_key = translate(c.code_key, U&'\FE0E\FE0F', ''));
            """);
        // Tags are equal whatever their letter case: upper case first, so that ß and SS, ς and σ are one. links_tags was exact.
        migrationBuilder.Sql("""
            create function tag_keys(tags text[]) returns text[] language sql immutable parallel safe
                return array(select lower(upper(tag collate "und-x-icu") collate "und-x-icu") from unnest(tags) as tag);
            drop index links_tags;
            create index links_tag_keys on links using gin (workspace_id, tag_keys(tags));
            """);
        // Visits that redirect admitted under the click limit, as last reported. Compared with behavior's maxClicks; null if never used up.
        migrationBuilder.Sql("alter table links add column visits_used bigint;");
    }
}
