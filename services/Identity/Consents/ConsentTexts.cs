namespace LinkShort.Identity.Consents;

/// <summary>What people are asked, word for word. A text that changes gets a new version; the old ones stay, because people said yes to them.</summary>
/// <param name="Required">Without it there is no account; it ends with the account.</param>
public sealed record ConsentText(string Purpose, string Version, bool Required, string Text);

public static class ConsentTexts
{
    /// <summary>The latest version of each purpose last.</summary>
    public static readonly IReadOnlyList<ConsentText> All =
    [
        new("terms", "2026-11-22", true,
            "I have read the terms of use and keep to them: no spam, no malware, no deceit, and links only to what may be linked to."),
        new("privacy", "2026-11-22", true,
            "I have read the privacy notice: what is kept about me and about visitors of my links, why, how long, and how I get or delete it."),
        new("product-mail", "2026-11-22", false,
            "LinkShort may write to me about new features and offers, at most twice a month. I can say no again at any time."),
        new("analytics-of-product", "2026-11-22", false,
            "LinkShort may count which of its features I use, under a random number, to make them better. It is never combined with my links' clicks."),
    ];

    public static ConsentText? Current(string purpose) => All.LastOrDefault(text => text.Purpose == purpose);

    public static IEnumerable<string> Purposes => All.Select(text => text.Purpose).Distinct();
}
