using LinkShort.Contracts;
using LinkShort.Redirect.Answers;

namespace LinkShort.Redirect.Rules;

/// <summary>A destination, with everything merged into it that doesn't depend on the visitor.</summary>
public sealed class Target
{
    /// <param name="url">As the owner wrote it.</param>
    /// <param name="campaign">Merged into http and https URLs. URLs with an app's own scheme stay unchanged, because only the app defines
    /// their syntax.</param>
    public Target(string url, LinkUtm? campaign = null)
    {
        IsWeb = url.StartsWith("https:", StringComparison.OrdinalIgnoreCase) || url.StartsWith("http:", StringComparison.OrdinalIgnoreCase);
        Url = IsWeb && campaign is not null ? QueryMerge.WithCampaign(url, campaign) : url;
        Location = Answers.Location.Of(Url);
    }

    /// <summary>The owner's URL with the campaign.</summary>
    public string Url { get; }

    /// <summary>http or https.</summary>
    public bool IsWeb { get; }

    /// <summary>The header value.</summary>
    public string Location { get; }

    /// <param name="policy">As <see cref="LinkBehavior.ForwardQuery"/>.</param>
    /// <param name="query">The visitor's query as sent, without the question mark.</param>
    /// <returns>The header value with the visitor's parameters merged in.</returns>
    public string LocationWith(string? policy, ReadOnlySpan<char> query) =>
        policy is null || !IsWeb || query.IsEmpty
            ? Location
            : QueryMerge.WithVisitors(Url, query, visitorWins: policy == "visitor") is var merged && !ReferenceEquals(merged, Url)
                ? Answers.Location.Of(merged)
                : Location;
}
