namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>
/// What a service's database holds about people, column by column. It is not only told: exports and erasures run what it says, and a
/// test compares it with the migrated database. docs/privacy.md is written from it.
/// </summary>
/// <param name="Service">Its name in service discovery: links.</param>
/// <param name="Elsewhere">What rests outside of the database: caches, files, queues.</param>
public sealed record DataMap(string Service, IReadOnlyList<MappedTable> Tables, IReadOnlyList<OtherStore> Elsewhere);

/// <summary>Why it may be kept (GDPR, article 6).</summary>
public enum LegalBasis
{
    /// <summary>It says nothing about people.</summary>
    None,

    /// <summary>6(1)(a).</summary>
    Consent,

    /// <summary>6(1)(b): without it there is no service.</summary>
    Contract,

    /// <summary>6(1)(c): the law asks for it, or for proof that it was followed.</summary>
    LegalObligation,

    /// <summary>6(1)(f): security, abuse, running the service.</summary>
    LegitimateInterest,
}

/// <summary>One table, all of its columns.</summary>
/// <param name="Holds">In a few words, for people.</param>
/// <param name="Kept">How long, for people.</param>
public sealed record MappedTable(string Name, string Holds, LegalBasis Basis, string Purpose, string Kept)
{
    /// <summary>
    /// SQL condition on a person's rows: <c>@UserId</c> (null when a workspace alone is erased) and <c>@Workspaces</c> (those that are
    /// the person's own). Null: rows belong to nobody.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>Columns that the person gets, in order, separated by spaces. <c>behavior-passwordHash</c>: a jsonb column without that member.</summary>
    public string Exported { get; init; } = "";

    /// <summary>Columns about a person that are not exported.</summary>
    public string Withheld { get; init; } = "";

    /// <summary>Why not. Needed where something is withheld.</summary>
    public string WithheldBecause { get; init; } = "";

    /// <summary>Columns that say nothing about anybody.</summary>
    public string Neutral { get; init; } = "";

    public ErasureRule Erased { get; init; } = ErasureRule.NothingToErase;

    public IEnumerable<string> Columns => [.. Split(Exported).Select(NameOf), .. Split(Withheld), .. Split(Neutral)];

    public bool IsPersonal => Exported.Length > 0 || Withheld.Length > 0;

    internal static string NameOf(string exported) => exported.Split('-')[0];

    internal static string Select(string exported) => exported.Split('-') is [var column, var member] ? $"{column} - '{member}' as {column}" : exported;

    internal static string[] Split(string columns) => columns.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>How a table forgets somebody.</summary>
/// <param name="How">For people.</param>
/// <param name="Statement">SQL in front of <c>where {subject}</c>; null where it isn't a statement of its own.</param>
public sealed record ErasureRule(string How, string? Statement)
{
    public static readonly ErasureRule NothingToErase = new("nothing to erase", null);

    /// <summary>Rows go.</summary>
    public static readonly ErasureRule Delete = new("rows are deleted", "delete");

    /// <summary>The person is taken out of rows that others need.</summary>
    /// <param name="assignments">SQL; <c>@Nobody</c> is the id of nobody.</param>
    public static ErasureRule Update(string how, string assignments) => new(how, assignments);

    /// <summary>Something else does it: a foreign key, code, time.</summary>
    public static ErasureRule Otherwise(string how) => new(how, null);

    internal string? Sql(MappedTable table) => Statement switch
    {
        null => null,
        "delete" => $"delete from {table.Name} where {table.Subject}",
        _ => $"update {table.Name} set {Statement} where {table.Subject}",
    };
}

/// <summary>A place outside of the database.</summary>
public sealed record OtherStore(string Name, string Holds, string Kept, string Erased);
