using System.Net;
using System.Net.Http.Json;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

[Collection(nameof(OneAtATime))]
public sealed class ReplicaTests(WholeSystem system)
{
    private static readonly TimeSpan EffectiveWithin = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_edit_and_a_removal_take_effect_on_both_redirects_within_a_second()
    {
        using var user = await system.NewUserAsync();
        var link = await user.CreateLinkAsync("https://example.com/before");
        system.Redirects.Count.ShouldBe(2);
        // Both have it in their caches, which an edit has to update.
        foreach (var redirect in system.Redirects)
        {
            await FollowsToAsync(redirect, link.Code, "https://example.com/before");
        }

        using var edited = await user.Http.PatchAsJsonAsync($"/api/v1/links/{link.Id}", new { url = "https://example.com/after" });
        edited.StatusCode.ShouldBe(HttpStatusCode.OK, await edited.Content.ReadAsStringAsync());
        await Task.WhenAll(system.Redirects.Select(redirect => FollowsToAsync(redirect, link.Code, "https://example.com/after")));

        using var removed = await user.Http.DeleteAsync(new Uri($"/api/v1/links/{link.Id}", UriKind.Relative));
        removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Task.WhenAll(system.Redirects.Select(redirect => Eventually.PassesAsync(async () =>
        {
            using var answer = await LinkShortClient.FollowAsync(redirect, link.Code);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }, EffectiveWithin)));
    }

    [Fact]
    public async Task The_limit_on_new_links_holds_across_both_gateways()
    {
        using var user = await system.NewUserAsync();
        var statuses = new List<HttpStatusCode>();
        var gateways = system.Gateways;
        gateways.Count.ShouldBe(2);
        // The eleventh and twelfth within a minute are refused by either gateway.
        for (var i = 0; i < 12; i++)
        {
            using var answer = await user.Http.PostAsJsonAsync(new Uri(gateways[i % 2], "/api/v1/links"), new { url = $"https://example.com/{i}" });
            statuses.Add(answer.StatusCode);
            if (answer.StatusCode == HttpStatusCode.TooManyRequests)
            {
                answer.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
                (await answer.Content.ReadAsStringAsync()).ShouldContain("/problems/rate-limited");
            }
        }

        statuses.Count(status => status == HttpStatusCode.Created).ShouldBe(10);
        statuses.Count(status => status == HttpStatusCode.TooManyRequests).ShouldBe(2);
    }

    [Fact]
    public async Task The_limit_on_sign_ins_holds_across_both_gateways_per_account()
    {
        using var user = await system.NewUserAsync();
        using var other = await system.NewUserAsync();
        // Signing up and signing in were two of the five.
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 5; i++)
        {
            statuses.Add(await SignInAsync(system.Gateways[i % 2], user.Email));
        }

        statuses.Count(status => status == HttpStatusCode.TooManyRequests).ShouldBe(2);
        (await SignInAsync(system.Gateways[0], other.Email)).ShouldBe(HttpStatusCode.OK);
    }

    private static async Task<HttpStatusCode> SignInAsync(Uri gateway, string email)
    {
        using var http = LinkShortClient.Anonymous(gateway);
        using var answer = await http.PostAsJsonAsync("/api/v1/auth/login", new { email, password = LinkShortClient.Password });
        return answer.StatusCode;
    }

    private static Task FollowsToAsync(Uri redirect, string code, string destination) => Eventually.PassesAsync(async () =>
    {
        using var answer = await LinkShortClient.FollowAsync(redirect, code);
        LinkShortClient.Location(answer).ShouldBe(destination);
    }, EffectiveWithin);
}
