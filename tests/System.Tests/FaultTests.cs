using System.Net;
using Aspire.Hosting.Testing;
using LinkShort.Testing;
using Npgsql;

namespace LinkShort.SystemTests;

/// <summary>
/// Services and servers fail while a thousand visitors a second follow links. Visitors don't notice, and in the end every response that a visitor
/// received is one click: none lost, none counted twice.
/// </summary>
[Collection(nameof(TakenApart))]
public sealed class FaultTests(WholeSystem system, ITestOutputHelper output)
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan AMoment = TimeSpan.FromSeconds(1.5);

    [Theory]
    [InlineData("messaging")]
    [InlineData("analytics")]
    [InlineData("cache")]
    [InlineData("postgres")]
    [InlineData("links")]
    [InlineData("messaging", "analytics")]
    public async Task A_kill_under_load_loses_no_response_and_no_click(params string[] killed)
    {
        await using var visitors = await StartAsync();
        await KillAsync(killed);
        await Task.Delay(AMoment);
        await EveryAnswerIsOneClickAsync(visitors, string.Join(" and ", killed));
    }

    [Fact]
    public async Task A_killed_redirect_counts_everything_that_it_answered()
    {
        await using var visitors = await StartAsync();
        var load = visitors.Load;
        await KillAsync("redirect");
        await Task.Delay(AMoment);
        await load.StopAsync();

        // Each connection had at most one request in flight, and none was sent while the service was down.
        load.Unanswered.ShouldBeLessThanOrEqualTo(visitors.Connections);
        var answered = visitors.Answered;
        var clicks = await Eventually.BecomesAsync(() => RawClicksAsync(visitors.Links), raw => raw.Count >= answered, Drain);
        // Late clicks would arrive within this time: the spool of the killed process is sent first.
        await Task.Delay(AMoment);
        clicks = await RawClicksAsync(visitors.Links);
        output.WriteLine($"redirect: {answered} answers, {load.Unanswered} unanswered, {clicks.Count} clicks");
        clicks.Count.ShouldBeInRange(answered, answered + load.Unanswered);
        clicks.Distinct.ShouldBe(clicks.Count);
    }

    [Fact]
    public async Task Without_RabbitMQ_for_a_minute_clicks_wait_and_all_arrive()
    {
        await using var visitors = await StartAsync();
        await system.StopAsync("messaging");
        await Task.Delay(TimeSpan.FromSeconds(60));
        await system.StartAsync("messaging");
        await system.BackAsync();
        await EveryAnswerIsOneClickAsync(visitors, "RabbitMQ away for 60 s");
    }

    [Fact]
    public async Task Without_PostgreSQL_unknown_codes_are_503_and_known_ones_work()
    {
        await using var visitors = await StartAsync();
        await system.StopAsync("postgres");
        foreach (var redirect in system.Redirects)
        {
            for (var i = 0; i < 5; i++)
            {
                using var answer = await LinkShortClient.FollowAsync(redirect, $"{Guid.NewGuid():N}"[..9]);
                answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                answer.Headers.RetryAfter.ShouldNotBeNull();
            }
        }

        await system.StartAsync("postgres");
        await system.BackAsync();
        await EveryAnswerIsOneClickAsync(visitors, "PostgreSQL away");
        await Eventually.PassesAsync(async () =>
        {
            using var answer = await LinkShortClient.FollowAsync(system.Redirects[0], $"{Guid.NewGuid():N}"[..9]);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        });
    }

    [Fact]
    public async Task A_lost_read_model_is_rebuilt_while_serving()
    {
        await using var visitors = await StartAsync();
        using var user = await system.NewUserAsync();
        var unvisited = await user.CreateLinkAsync("https://example.com/unvisited");
        await using var source = NpgsqlDataSource.Create((await system.App.GetConnectionStringAsync("redirectdb"))!);
        await using (var lose = source.CreateCommand("drop schema public cascade; create schema public"))
        {
            await lose.ExecuteNonQueryAsync();
        }

        // No replica has it in memory, and the read model is unavailable: links is queried.
        foreach (var redirect in system.Redirects)
        {
            await Eventually.PassesAsync(async () =>
            {
                using var answer = await LinkShortClient.FollowAsync(redirect, unvisited.Code);
                answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
            });
        }

        await Eventually.PassesAsync(async () =>
        {
            await using var count = source.CreateCommand("select count(*) from routes where link_id = any($1) and not removed");
            count.Parameters.Add(new NpgsqlParameter { Value = visitors.Links.Append(unvisited).Select(link => link.Id).ToArray() });
            ((long)(await count.ExecuteScalarAsync())!).ShouldBe(visitors.Links.Count + 1);
        }, Recovery);
        await EveryAnswerIsOneClickAsync(visitors, "read model lost");
    }

    private async Task<Visitors> StartAsync()
    {
        var user = await system.NewUserAsync();
        List<Link> links = [];
        for (var i = 0; i < 8; i++)
        {
            links.Add(await user.CreateLinkAsync($"https://example.com/{i}"));
        }

        // Loads them into the memory of every replica.
        var followed = 0;
        foreach (var redirect in system.Redirects)
        {
            foreach (var link in links)
            {
                await Eventually.PassesAsync(async () =>
                {
                    using var answer = await LinkShortClient.FollowAsync(redirect, link.Code);
                    answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
                    followed++;
                });
            }
        }

        var visitors = new Visitors(user, links, followed, Load.Start(system.Redirects, [.. links.Select(link => link.Code)], connections: 16), 16);
        await Task.Delay(AMoment);
        visitors.Load.Errors.ShouldBeEmpty();
        return visitors;
    }

    private async Task EveryAnswerIsOneClickAsync(Visitors visitors, string fault)
    {
        await visitors.Load.StopAsync();
        var clicks = (Count: 0L, Distinct: 0L);
        try
        {
            await Eventually.PassesAsync(async () =>
            {
                clicks = await RawClicksAsync(visitors.Links);
                clicks.Count.ShouldBeGreaterThanOrEqualTo(visitors.Answered);
            }, Drain);
        }
        finally
        {
            output.WriteLine($"{fault}: {visitors.Answered} answers, {visitors.Load.Errors.Count} errors, {clicks.Count} clicks");
        }

        visitors.Load.Errors.ShouldBeEmpty();
        visitors.Load.Unanswered.ShouldBe(0);
        // Duplicates would have arrived by now, or arrive with the next batch.
        await Task.Delay(AMoment);
        clicks = await RawClicksAsync(visitors.Links);
        clicks.ShouldBe((visitors.Answered, visitors.Answered));
        // The API reports the same.
        await Eventually.PassesAsync(async () =>
        {
            var counted = 0L;
            foreach (var link in visitors.Links)
            {
                counted += await visitors.User.ClicksAsync(link.Id);
            }

            counted.ShouldBe(visitors.Answered);
        }, Drain);
    }

    private async Task<(long Count, long Distinct)> RawClicksAsync(IReadOnlyList<Link> links)
    {
        await using var source = NpgsqlDataSource.Create((await system.App.GetConnectionStringAsync("analyticsdb"))!);
        await using var command = source.CreateCommand("select count(*), count(distinct click_id) from clicks where link_id = any($1)");
        command.Parameters.Add(new NpgsqlParameter { Value = links.Select(link => link.Id).ToArray() });
        await using var reader = await command.ExecuteReaderAsync();
        (await reader.ReadAsync()).ShouldBeTrue();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    /// <summary>kill -9; returns when new processes have replaced the killed ones.</summary>
    private async Task KillAsync(params string[] names)
    {
        var killed = names.ToDictionary(name => name, system.Kill);
        killed.Values.ShouldAllBe(processes => processes.Count > 0);
        await Eventually.PassesAsync(() =>
        {
            foreach (var (name, processes) in killed)
            {
                system.ProcessIds(name).Except(processes).Count().ShouldBe(processes.Count);
            }

            return Task.CompletedTask;
        }, Recovery);
        await system.BackAsync();
    }

    /// <param name="Followed">Responses before the load.</param>
    private sealed record Visitors(LinkShortClient User, IReadOnlyList<Link> Links, long Followed, Load Load, int Connections) : IAsyncDisposable
    {
        public long Answered => Followed + Load.Answered;

        public async ValueTask DisposeAsync()
        {
            await Load.DisposeAsync();
            User.Dispose();
        }
    }
}
