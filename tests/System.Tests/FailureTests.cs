using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

[Collection(nameof(TakenApart))]
public sealed class FailureTests(WholeSystem system)
{
    /// <summary>Documented for two idle cores, which start the whole system in about twenty seconds.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(15);

    /// <summary>At 20 ms, creating links would keep a processor busy that the killed service needs to start.</summary>
    private static readonly TimeSpan BetweenLinks = TimeSpan.FromMilliseconds(500);

    /// <summary>A slower or busy machine needs longer for both.</summary>
    private TimeSpan BackWithin => TimeSpan.FromTicks(Math.Max(Promised.Ticks, system.StartedIn.Ticks * 2 / 3));

    [Fact]
    public async Task A_killed_service_is_back_within_two_thirds_of_the_whole_start_and_nothing_acknowledged_is_lost()
    {
        foreach (var service in WholeSystem.Services)
        {
            using var other = await system.NewUserAsync();
            var before = await other.CreateLinkAsync($"https://example.com/{service}");
            await Eventually.PassesAsync(async () =>
            {
                using var answer = await LinkShortClient.FollowAsync(system.Gateway, before.Code);
                answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
            });
            // Otherwise this restart would compete with the previous service, which is still compiling.
            await WholeSystem.AtRestAsync();
            var killed = system.Kill(service);
            killed.ShouldNotBeEmpty();
            var clock = Stopwatch.StartNew();

            // Users continue until the system is healthy again; everything that is acknowledged has to exist afterwards.
            var acknowledged = new List<Link> { before };
            await Eventually.PassesAsync(
                async () =>
                {
                    using var created = await other.Http.PostAsJsonAsync("/api/v1/links", new { url = $"https://example.com/{service}/{acknowledged.Count}" });
                    if (created.StatusCode == HttpStatusCode.Created)
                    {
                        acknowledged.Add((await created.Content.ReadFromJsonAsync<Link>(JsonSerializerOptions.Web))!);
                    }

                    var running = system.ProcessIds(service);
                    running.Count.ShouldBe(killed.Count);
                    running.ShouldAllBe(process => !killed.Contains(process));
                    // Of the new process itself, because the gateway's report may be a second old.
                    using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
                    await system.HealthyAsync(now.Token, service);
                    await HealthyAsync();
                },
                BackWithin,
                BetweenLinks);
            TestContext.Current.TestOutputHelper!.WriteLine($"{service}: back after {clock.Elapsed.TotalSeconds:0.0} s; everything started in {system.StartedIn.TotalSeconds:0.0} s");

            foreach (var link in acknowledged)
            {
                using var read = await other.Http.GetAsync(new Uri($"/api/v1/links/{link.Id}", UriKind.Relative));
                read.StatusCode.ShouldBe(HttpStatusCode.OK, $"{service}: a link that was acknowledged is gone");
                await Eventually.PassesAsync(async () =>
                {
                    using var followed = await LinkShortClient.FollowAsync(system.Gateway, link.Code);
                    followed.StatusCode.ShouldBe(HttpStatusCode.Redirect);
                });
            }

            // One click before the kill and one after it: none lost, none counted twice.
            await Eventually.BecomesAsync(() => other.ClicksAsync(before.Id), count => count == 2, TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task Health_names_the_service_that_is_not_ready()
    {
        using var http = LinkShortClient.Anonymous(system.Gateway);
        using var user = await system.NewUserAsync();
        var link = await user.CreateLinkAsync("https://example.com/counted");
        await HealthyAsync();
        await system.StopAsync("analytics");

        await Eventually.PassesAsync(async () =>
        {
            using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative));
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            var services = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("services");
            services.GetProperty("analytics").GetString().ShouldBe("unhealthy");
            services.GetProperty("links").GetString().ShouldBe("healthy");
        });

        // A refused connection fails at once, without a timeout.
        using (var soon = new CancellationTokenSource(Promised))
        {
            using var answer = await user.Http.GetAsync(new Uri($"/api/v1/links/{link.Id}/analytics", UriKind.Relative), soon.Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        await system.StartAsync("analytics");
        await Eventually.PassesAsync(HealthyAsync, TimeSpan.FromSeconds(30));
    }

    private async Task HealthyAsync()
    {
        using var http = LinkShortClient.Anonymous(system.Gateway);
        using var answer = await http.GetAsync(new Uri("/health", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }
}
