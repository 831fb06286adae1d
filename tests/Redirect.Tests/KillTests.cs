using LinkShort.Testing;

namespace LinkShort.Redirect.Tests;

public sealed class KillTests(ServersFixture fixture)
{
    [Fact]
    public async Task Clicks_survive_kill_9_under_load_and_count_once()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        var answered = 0;
        for (var round = 0; round < 3; round++)
        {
            var process = await installation.AddProcessAsync();
            await Eventually.BecomesAsync(() => TryFollowAsync(process), followed => followed);
            using var stop = new CancellationTokenSource();
            var load = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested && await TryFollowAsync(process))
                {
                }
            })));
            var target = Volatile.Read(ref answered) + 1_500;
            await Eventually.BecomesAsync(() => Task.FromResult(Volatile.Read(ref answered)), count => count >= target);
            await process.KillAsync();
            await stop.CancelAsync();
            await load;
        }

        // The next replica publishes the clicks that they left.
        await installation.AddReplicaAsync();
        await Eventually.BecomesAsync(() => Task.FromResult(installation.Clicks.Count), count => count >= answered);

        // Clicks are written before the answer, so a kill can leave clicks without a received answer, at most one per connection and kill.
        installation.Clicks.Count.ShouldBeInRange(answered, answered + (3 * 8));
        await Eventually.BecomesAsync(
            () => Task.FromResult(Directory.GetDirectories(Path.Combine(installation.DataFolder, "spool")).Length), left => left == 1);

        async Task<bool> TryFollowAsync(ReplicaProcess process)
        {
            try
            {
                if (await process.FollowAsync(link.Code) != link.Destination)
                {
                    return false;
                }

                Interlocked.Increment(ref answered);
                return true;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }
}
