using System.Diagnostics;
using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Analytics.Tests;

/// <summary>
/// Clicks per second from RabbitMQ into the tables, including batch ids, totals and rollups. Reports times without asserting them; run
/// manually: <c>dotnet test tests/Analytics.Tests --filter DrainMeasurement -- xUnit.Explicit=only</c>.
/// </summary>
public sealed class DrainMeasurement(AnalyticsFixture fixture, ITestOutputHelper output)
{
    private const int Batches = 200;
    private const int ClicksPerBatch = 500;

    [Theory(Explicit = true)]
    [InlineData("one hot link", 1, 0.0)]
    [InlineData("10,000 links, Zipf", 10_000, 1.0)]
    [InlineData("a new link with every click", int.MaxValue, 0.0)]
    public async Task A_backlog_is_drained(string links, int count, double exponent)
    {
        await using var service = await fixture.StartAnotherAsync();
        await service.StopReplicasAsync();
        var clicks = Backlog(count, exponent);
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit => rabbit.Host(service.Broker));
        await bus.StartAsync();
        foreach (var chunk in clicks.Chunk(ClicksPerBatch))
        {
            await bus.Publish(new ClicksRecorded(Guid.CreateVersion7(), chunk));
        }

        await bus.StopAsync();
        await service.AddReplicaAsync(waitUntilReady: false);

        long first = 0, stored = 0;
        var clock = new Stopwatch();
        while (stored < clicks.Length)
        {
            stored = (long)(decimal)(await service.RowAsync(
                "select coalesce(sum(clicks + bot_clicks), 0) from totals where link_id = $1", Guid.Empty))!;
            if (stored > 0 && !clock.IsRunning)
            {
                // Clicks committed before the first query are not measured.
                first = stored;
                clock.Start();
            }
        }

        var bytes = await service.RowAsync("select pg_total_relation_size('rollups') / 1000000.0");
        var raw = await service.RowAsync("select sum(pg_total_relation_size(inhrelid)) / 1000000.0 from pg_inherits where inhparent = 'clicks'::regclass");
        output.WriteLine($"{links}: {(stored - first) / clock.Elapsed.TotalSeconds:N0} clicks/s ({stored - first:N0} in {clock.Elapsed.TotalSeconds:N2} s), rollups {bytes:N1} MB, raw {raw:N1} MB");
        stored.ShouldBe(clicks.Length);
    }

    private static Click[] Backlog(int links, double exponent)
    {
        var random = new Random(1);
        var workspaces = Enumerable.Range(0, 100).Select(_ => Guid.CreateVersion7()).ToArray();
        var known = links == int.MaxValue ? [] : Enumerable.Range(0, links).Select(i => (Workspace: workspaces[i % workspaces.Length], Link: Guid.CreateVersion7())).ToArray();
        var cumulative = new double[known.Length];
        for (var (i, sum) = (0, 0.0); i < known.Length; i++)
        {
            cumulative[i] = sum += 1 / Math.Pow(i + 1, exponent);
        }

        string[] agents =
        [
            Clicks.Firefox,
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ];
        var start = TimeProvider.System.GetUtcNow().AddMinutes(-10);
        return [.. Enumerable.Range(0, Batches * ClicksPerBatch).Select(i =>
        {
            var link = known.Length == 0
                ? (workspaces[random.Next(workspaces.Length)], Guid.CreateVersion7())
                : known[Math.Min(known.Length - 1, Math.Abs(Array.BinarySearch(cumulative, random.NextDouble() * cumulative[^1])))];
            return Clicks.Of(link, start.AddMilliseconds(i), random.NextInt64(50_000), agents[random.Next(agents.Length)],
                random.Next(3) == 0 ? null : $"https://site{random.Next(40)}.example/page", random.Next(4) == 0 ? "en-US,en;q=0.9" : "de-DE,de;q=0.9");
        })];
    }
}
