using LinkShort.Contracts;
using LinkShort.Testing;
using Npgsql;

namespace LinkShort.Redirect.Tests;

public sealed class ErasureTests(ServersFixture fixture)
{
    [Fact]
    public async Task Links_of_an_erased_workspace_stop_on_every_replica_and_leave_nothing_behind()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        var marker = "https://example.com/marker-" + Guid.NewGuid().ToString("N");
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), marker) with { Aliases = [Installation.NewCode()] });
        var second = await installation.CreateAsync(Installation.Link(Installation.NewCode(), marker) with { WorkspaceId = link.WorkspaceId });
        var neighbour = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/neighbour"));
        string[] codes = [link.Code, link.Aliases![0], second.Code];
        await AllBecomeAsync(marker, TimeSpan.FromSeconds(10));

        // links has already removed them.
        installation.Links.Links.Clear();
        await installation.PublishAsync(new WorkspaceErased(link.WorkspaceId, TimeProvider.System.GetUtcNow()));
        await AllBecomeAsync("NotFound", TimeSpan.FromSeconds(4));
        (await CountAsync("destination is not null or behavior is not null")).ShouldBe(0);

        // links' own removal follows, and the next pass deletes the tombstones.
        await installation.PublishAsync(Installation.Removed(link));
        await Eventually.BecomesAsync(() => CountAsync("version = 2"), count => count == 2);
        await installation.PublishAsync(new WorkspaceErased(link.WorkspaceId, TimeProvider.System.GetUtcNow()));
        await Eventually.BecomesAsync(() => CountAsync("true"), count => count == 0);
        foreach (var code in codes)
        {
            (await replicas[0].FollowAsync(code)).ShouldBe("NotFound");
        }

        (await replicas[1].FollowAsync(neighbour.Code)).ShouldBe("https://example.com/neighbour");

        async Task AllBecomeAsync(string answer, TimeSpan within) => await Task.WhenAll(
            from replica in replicas from code in codes select Eventually.BecomesAsync(() => replica.FollowAsync(code), found => found == answer, within));

        async Task<long> CountAsync(string condition)
        {
            await using var source = NpgsqlDataSource.Create(installation.Settings["ConnectionStrings:redirectdb"] + ";Pooling=false");
            await using var command = source.CreateCommand($"select count(*) from routes where workspace_id = $1 and ({condition})");
            command.Parameters.Add(new NpgsqlParameter { Value = link.WorkspaceId });
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }
}
