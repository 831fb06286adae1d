namespace LinkShort.Contracts;

/// <summary>Asks redirect where a link, which may still be a draft, would send a given visitor.</summary>
/// <param name="At">The time of the visit.</param>
public sealed record EvaluationRequest(
    string Destination, DateTimeOffset? ActiveFrom, DateTimeOffset? ExpiresAt, LinkBehavior Behavior, DescribedVisitor Visitor, DateTimeOffset At);

/// <summary>The facts about a visitor that rules can use. Null: unknown.</summary>
public sealed record DescribedVisitor
{
    /// <summary>ISO 3166-1 alpha-2. Decides the continent, too.</summary>
    public string? Country { get; init; }

    public string? Region { get; init; }

    public string? City { get; init; }

    /// <summary><c>desktop mobile tablet tv console wearable bot</c>, or <c>preview</c>: a messenger or social network that previews the link.</summary>
    public string? Device { get; init; }

    public string? Os { get; init; }

    public string? Browser { get; init; }

    /// <summary>BCP 47.</summary>
    public string? Language { get; init; }

    /// <summary>Host of the referring page; null for none.</summary>
    public string? Referrer { get; init; }

    /// <summary>Query of the short URL, without the question mark.</summary>
    public string? Query { get; init; }
}

/// <summary>Where visitors like that get: one outcome, or one for each variant.</summary>
public sealed record EvaluationResponse(IReadOnlyList<EvaluationOutcome> Outcomes);

/// <param name="Step">redirect, preview, expired or notYet.</param>
/// <param name="By">What decided: deepLink, variant, rule, destination, schedule.</param>
/// <param name="Rule">Index of the rule that matched; null for none.</param>
/// <param name="Variant">Name of the variant; null without variants.</param>
/// <param name="Share">Of the visitors like that, 0 to 1.</param>
/// <param name="Url">As sent to the visitor; null for a page of LinkShort.</param>
/// <param name="AsksForPassword">The visitor has to enter the link's password first.</param>
public sealed record EvaluationOutcome(string Step, string By, int? Rule, string? Variant, double Share, string? Url, bool AsksForPassword);
