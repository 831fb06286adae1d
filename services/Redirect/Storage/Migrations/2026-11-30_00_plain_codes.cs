using LinkShort.ServiceDefaults.Data;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace LinkShort.Redirect.Storage.Migrations;

[DbContext(typeof(MigrationContext))]
[Migration("20261130_00_plain_codes")]
public sealed class PlainCodes : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Codes are stored without the variation selectors of emoji. Where a link has both spellings, one row remains. Two links with one each
        // would send the visitors of one to the other: links names them and doesn't start either.
        migrationBuilder.Sql("""
            -- every workspace: the form of all codes
            do $$ begin
                if exists (
                    select 1 from routes where not removed group by domain, translate(code, U&'\FE0E\FE0F', '') having count(distinct link_id) > 1
                ) then
                    raise exception 'Some links differ only by the variation selectors of emoji. See the log of links.';
                end if;
            end $$;
            -- every workspace: the form of all codes
            delete from routes r using routes o
            where r.domain = o.domain and r.link_id = o.link_id and r.code <> o.code
              and translate(r.code, U&'\FE0E\FE0F', '') = translate(o.code, U&'\FE0E\FE0F', '')
              and (r.removed, r.code) > (o.removed, o.code);
            -- every workspace: the form of all codes
            update routes set code = translate(code, U&'\FE0E\FE0F', ''), folded = translate(folded, U&'\FE0E\FE0F', ''), revision = nextval('route_revision')
            where code ~ U&'[\FE0E\FE0F]';
            """);
    }
}
