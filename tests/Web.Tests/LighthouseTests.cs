using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>
/// Lighthouse's scores that don't depend on how busy the machine is. The score for performance is made of times: <c>./linkshort bench web</c> measures
/// it, and <see cref="AssetTests"/> holds what it depends on, bytes and requests.
/// </summary>
[Collection(nameof(Looks))]
public sealed class LighthouseTests(WebStand stand)
{
    private const int Enough = 95;

    [Theory]
    [InlineData("/", false)]
    [InlineData("/app/signin", false)]
    [InlineData("/app/links", true)]
    [InlineData("link", true)]
    public async Task Pages_score_95_in_accessibility_best_practices_and_search(string path, bool signedIn)
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        using var visitor = signedIn ? await stand.VisitSignedInAsync(account) : stand.Visit();
        var url = stand.Web.Address.TrimEnd('/') + (path == "link" ? $"/app/links/{account.Links[^1].Id}" : path);

        using var scores = await Lighthouse.RunAsync("accessibility,best-practices,seo", url, visitor);

        foreach (var category in new[] { "accessibility", "best-practices", "seo" })
        {
            scores.RootElement.GetProperty(category).GetInt32().ShouldBeGreaterThanOrEqualTo(Enough, $"{category}: {scores.RootElement}");
        }
    }
}
