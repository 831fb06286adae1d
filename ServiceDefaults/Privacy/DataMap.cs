namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>
/// Describes the personal data in a service's database, column by column. Exports and erasures are generated from it, a test compares it with the
/// migrated database, and docs/privacy.md is written from it.
/// </summary>
/// <param name="Service">The service's name in service discovery: links.</param>
/// <param name="Elsewhere">Personal data outside the database: caches, files, queues.</param>
public sealed record DataMap(string Service, IReadOnlyList<MappedTable> Tables, IReadOnlyList<OtherStore> Elsewhere);

/// <summary>The legal basis for keeping it (GDPR, article 6).</summary>
public enum LegalBasis
{
    /// <summary>No personal data.</summary>
    None,

    /// <summary>6(1)(a).</summary>
    Consent,

    /// <summary>6(1)(b): needed to provide the service.</summary>
    Contract,

    /// <summary>6(1)(c): required by law, or as proof of compliance.</summary>
    LegalObligation,

    /// <summary>6(1)(f): security, prevention of abuse, operation.</summary>
    LegitimateInterest,
}

/// <summary>A table with all of its columns.</summary>
/// <param name="Holds">The content, in a few words for readers of the export.</param>
/// <param name="Kept">The retention, for readers of the export.</param>
public sealed record MappedTable(string Name, string Holds, LegalBasis Basis, string Purpose, string Kept)
{
    /// <summary>
    /// SQL condition for a person's rows, with <c>@UserId</c> (null when only a workspace is erased) and <c>@Workspaces</c> (the person's own).
    /// Null if no row belongs to a person.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>Exported columns in order, separated by spaces. <c>behavior-passwordHash</c>: a jsonb column without that member.</summary>
    public string Exported { get; init; } = "";

    /// <summary>Columns with personal data that are not exported.</summary>
    public string Withheld { get; init; } = "";

    /// <summary>The reason for not exporting them. Required if any column is withheld.</summary>
    public string WithheldBecause { get; init; } = "";

    /// <summary>Columns without personal data.</summary>
    public string Neutral { get; init; } = "";

    public ErasureRule Erased { get; init; } = ErasureRule.NothingToErase;

    public IEnumerable<string> Columns => [.. Split(Exported).Select(NameOf), .. Split(Withheld), .. Split(Neutral)];

    public bool IsPersonal => Exported.Length > 0 || Withheld.Length > 0;

    internal static string NameOf(string exported) => exported.Split('-')[0];

    internal static string Select(string exported) => exported.Split('-') is [var column, var member] ? $"{column} - '{member}' as {column}" : exported;

    internal static string[] Split(string columns) => columns.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>How a person is erased from a table.</summary>
/// <param name="How">For readers of the export.</param>
/// <param name="Statement">SQL before <c>where {subject}</c>; null if no statement is needed.</param>
public sealed record ErasureRule(string How, string? Statement)
{
    public static readonly ErasureRule NothingToErase = new("nothing to erase", null);

    /// <summary>Deletes the rows.</summary>
    public static readonly ErasureRule Delete = new("rows are deleted", "delete");

    /// <summary>Removes the person from rows that others need.</summary>
    /// <param name="assignments">SQL; <c>@Nobody</c> is the empty id.</param>
    public static ErasureRule Update(string how, string assignments) => new(how, assignments);

    /// <summary>Erased by other means: a foreign key, code, expiry.</summary>
    public static ErasureRule Otherwise(string how) => new(how, null);

    internal string? Sql(MappedTable table) => Statement switch
    {
        null => null,
        "delete" => $"delete from {table.Name} where {table.Subject}",
        _ => $"update {table.Name} set {Statement} where {table.Subject}",
    };
}

/// <summary>Personal data outside the database.</summary>
public sealed record OtherStore(string Name, string Holds, string Kept, string Erased);
