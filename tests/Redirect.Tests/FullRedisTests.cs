using System.Text.Json.Nodes;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary>Redis is out of memory: it reads and deletes, and refuses every write.</summary>
public sealed class FullRedisTests
{
    [Fact]
    public async Task While_Redis_is_full_redirects_answer_changes_take_effect_and_passwords_are_limited()
    {
        await using var servers = await Servers.StartAsync();
        await using var installation = await Installation.StartAsync(servers);
        var replica = await installation.AddReplicaAsync();
        // This replica has nothing in memory and reads from Redis.
        var other = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/1"));
        var cold = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/cold"));
        var locked = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Behavior = new() { PasswordHash = PasswordTests.HashOf("open sesame") } });
        var shared = replica.Services.GetRequiredService<SharedRouteCache>();
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);
        await Eventually.BecomesAsync(() => shared.GetAsync(link.Code), state => state?.Route?.Destination == link.Destination);
        await Eventually.BecomesAsync(() => replica.FollowAsync(locked.Code), answer => answer == "OK");

        await using var full = await FullRedis.FillAsync(installation.Settings["ConnectionStrings:cache"]!);
        link = await installation.CreateAsync(link with { Destination = "https://example.com/2", Version = 2 });

        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);
        // The old state is no longer in Redis.
        await Eventually.BecomesAsync(() => shared.GetAsync(link.Code), state => state is null);
        (await other.FollowAsync(link.Code)).ShouldBe(link.Destination);
        (await replica.FollowAsync(cold.Code)).ShouldBe(cold.Destination);
        (await replica.FollowAsync(Installation.NewCode())).ShouldBe("NotFound");
        for (var i = 0; i < 5; i++)
        {
            (await TryPasswordAsync("203.0.113.1", "wrong")).ShouldBe(403);
        }

        (await TryPasswordAsync("203.0.113.1", "open sesame")).ShouldBe(429);
        (await TryPasswordAsync("203.0.113.2", "open sesame")).ShouldBe(303);
        JsonNode.Parse(await replica.HealthAsync())!["problems"]!["Redis memory"]!["why"]!.GetValue<string>().ShouldContain("refuses");

        await full.FreeAsync();

        await replica.IsReadyAsync();
        (await other.FollowAsync(link.Code)).ShouldBe(link.Destination);
        var later = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/later"));
        await Eventually.BecomesAsync(() => shared.GetAsync(later.Code), state => state?.Route?.Destination == later.Destination);
        // A second after the last refusal, replicas share their counts again.
        var visitors = 10;
        await Eventually.PassesAsync(async () =>
        {
            var address = $"203.0.113.{visitors++}";
            for (var i = 0; i < 5; i++)
            {
                (await TryPasswordAsync(address, "wrong", i % 2 == 0 ? replica : other)).ShouldBe(403);
            }

            (await TryPasswordAsync(address, "open sesame", other)).ShouldBe(429);
        });

        async Task<int> TryPasswordAsync(string address, string password, Replica? at = null)
        {
            using var visitor = new PasswordTests.Visitor((at ?? replica).Address, from: address);
            using var form = await visitor.GetAsync(locked.Code);
            using var answer = await visitor.SubmitAsync(locked.Code, await form.Content.ReadAsStringAsync(), password);
            return (int)answer.StatusCode;
        }
    }
}
