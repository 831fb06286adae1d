using System.Globalization;
using System.Text;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Conventions.Tests;

/// <summary>Writes docs/privacy.md from the services' data maps.</summary>
internal static class PrivacyMap
{
    private const string Head = """
        # Privacy: which personal data is kept, why, and for how long

        Written from `PersonalData.cs` of each service by `tests/Conventions.Tests`; change it there, then run
        `APPROVE_PRIVACY=1 dotnet test tests/Conventions.Tests`. Each service's tests compare its map with its migrated database, plant a
        marker in every column that is personal, and look for it in the export and after the erasure.

        ## What people can do
        | Right | How |
        |---|---|
        | Know (GDPR, art. 13) | this page, in the app under Privacy |
        | Decide (art. 7) | `GET, PUT /api/v1/me/consents`: each purpose by itself, each text with its version, every decision kept |
        | Access and portability (art. 15, 20) | `POST /api/v1/me/export`: a ZIP with every table as JSON and CSV, ready within minutes, for 7 days |
        | Rectification (art. 16) | `PATCH /api/v1/me` |
        | Erasure (art. 17) | `DELETE /api/v1/me`: after a grace period of 7 days, during which signing in cancels it (`Privacy__ErasureGrace`); `GET /api/v1/me/erasure/{receipt}` shows what each service erased |

        Visitors of short links have no account, no cookie and no stored IP address: see ADR 4 and ADR 23. Visitors who send `Sec-GPC` or `DNT` are
        counted without a visitor hash, region and city.

        ## Erasure, step by step
        1. The account's password, and no workspace that others work in without another owner. An email states when it is due.
        2. When it is due, one transaction in identity deletes the account, the workspaces without other members, and everything in them, revokes
           every token, and publishes `UserErased`. Workspaces with other members stay.
        3. Each service erases its part in one transaction and answers `ErasureCompleted` with counts; the receipt is complete when all have.
        4. The audit log keeps who did what under ids that can't be traced to a person; names, values, networks and browsers are removed (ADR 30).
           Data still in transit (a late audit entry, clicks in a spool, the last email) is stripped or deleted when it arrives.

        ## Backups
        A backup contains people who were erased after it was made. Keep backups no longer than 35 days, encrypted, and inform your users. After a
        restore identity automatically erases again every account that a receipt says is erased. So protect the receipts more carefully than the
        rest: dump `erasures` of identitydb (it holds ids alone) daily, and load the latest dump before identity starts on a restored database.

        ## Logs
        Email addresses, visitors' IP addresses, tokens, keys and passwords are masked before any log line is written or exported, in messages,
        values and exceptions alike (`ServiceDefaults/Defaults/Logging/Redaction.cs`). Networks (IPv4 /24, IPv6 /48) are no longer addresses and stay.

        """;

    public static string Write(IEnumerable<DataMap> maps)
    {
        var text = new StringBuilder(Head);
        foreach (var map in maps)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {map.Service}\n");
            text.Append("| Table | Holds | Why (GDPR, art. 6) | How long | Exported | Left out of exports | Erased |\n|---|---|---|---|---|---|---|\n");
            foreach (var table in map.Tables.Where(table => table.IsPersonal))
            {
                text.Append(CultureInfo.InvariantCulture,
                    $"| `{table.Name}` | {table.Holds} | {table.Purpose} ({BasisOf(table.Basis)}) | {table.Kept} | {Columns(table.Exported)} | {LeftOut(table)} | {table.Erased.How} |\n");
            }

            var neutral = map.Tables.Where(table => !table.IsPersonal).ToList();
            text.Append(CultureInfo.InvariantCulture, $"\nNo personal data: {string.Join(", ", neutral.Select(table => $"`{table.Name}` ({table.Holds[..1].ToLowerInvariant()}{table.Holds[1..]})"))}.\n");
            if (map.Elsewhere.Count > 0)
            {
                text.Append("\n| Elsewhere | Holds | How long | Erased |\n|---|---|---|---|\n");
                foreach (var store in map.Elsewhere)
                {
                    text.Append(CultureInfo.InvariantCulture, $"| {store.Name} | {store.Holds} | {store.Kept} | {store.Erased} |\n");
                }
            }
        }

        return text.ToString();
    }

    private static string Columns(string names) =>
        names.Length == 0 ? "—" : string.Join(", ", names.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(name => name.Split('-')[0]));

    private static string LeftOut(MappedTable table) => table.Withheld.Length == 0 ? "—" : $"{Columns(table.Withheld)}: {table.WithheldBecause}";

    private static string BasisOf(LegalBasis basis) => basis switch
    {
        LegalBasis.Consent => "1a: consent",
        LegalBasis.Contract => "1b: contract",
        LegalBasis.LegalObligation => "1c: law",
        LegalBasis.LegitimateInterest => "1f: legitimate interest",
        _ => "—",
    };
}
