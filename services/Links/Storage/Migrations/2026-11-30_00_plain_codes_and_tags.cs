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
        // Keys have no variation selectors, so that two spellings of an emoji are one code. None of two links with one each may lose it.
        migrationBuilder.Sql("""
            -- every workspace: the form of all codes
            do $$
            declare
                clashes text;
            begin
                select string_agg(codes, '; ') into clashes from (
                    select string_agg(code_key || ' (link ' || link_id || ')', ' = ' order by code_key) as codes from link_codes
                    group by domain, translate(code_key, U&'\FE0E\FE0F', '') having count(distinct link_id) > 1 limit 20
                ) c;
                if clashes is not null then
                    raise exception 'These links differ only by the variation selectors of emoji, which no longer make a difference: %. Rename or remove all but one of each with the version before this one.', clashes;
                end if;
            end $$;
            -- every workspace: the form of all codes
            delete from link_codes c using link_codes o
            where c.domain = o.domain and c.link_id = o.link_id and c.code_key > o.code_key
              and translate(c.code_key, U&'\FE0E\FE0F', '') = translate(o.code_key, U&'\FE0E\FE0F', '');
            update link_codes set code_key = translate(code_key, U&'\FE0E\FE0F', '') where code_key ~ U&'[\FE0E\FE0F]';
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
