using LinkShort.Redirect.ReadModel;

namespace LinkShort.Redirect.Tests;

public sealed class LinkTurnsTests
{
    private static readonly Guid Busy = Guid.NewGuid();

    [Fact]
    public async Task A_workspace_that_fills_its_places_leaves_others_to_other_workspaces()
    {
        using var turns = new LinkTurns();
        var hold = new TaskCompletionSource();
        var started = 0;
        var burst = Enumerable.Range(0, 400).Select(_ => turns.RunAsync(Busy, Guid.NewGuid(), 1, _ =>
        {
            Interlocked.Increment(ref started);
            return hold.Task;
        }, CancellationToken.None)).ToArray();

        var isHandled = false;
        await turns.RunAsync(Guid.NewGuid(), Guid.NewGuid(), 1, _ => Task.FromResult(isHandled = true), CancellationToken.None)
            .WaitAsync(TimeSpan.FromSeconds(30));

        isHandled.ShouldBeTrue();
        started.ShouldBe(4);
        hold.SetResult();
        await Task.WhenAll(burst);
        started.ShouldBe(400);
    }

    [Fact]
    public async Task Only_the_first_and_the_newest_of_a_links_waiting_events_are_handled_and_the_newest_knows()
    {
        using var turns = new LinkTurns();
        var link = Guid.NewGuid();
        var hold = new TaskCompletionSource();
        List<(long Version, bool HasSkipped)> handled = [];
        var all = new long[] { 1, 2, 5, 3, 4 }.Select(version => turns.RunAsync(Busy, link, version, hasSkipped =>
        {
            handled.Add((version, hasSkipped));
            return hold.Task;
        }, CancellationToken.None)).ToArray();

        hold.SetResult();
        await Task.WhenAll(all);
        // 3 and 4 were received after 5 and are handled after it: the store ignores them.
        handled.ShouldBe([(1, false), (5, true), (3, false), (4, false)]);
    }

    [Fact]
    public async Task A_failed_or_cancelled_turn_holds_up_nobody()
    {
        using var turns = new LinkTurns();
        var link = Guid.NewGuid();
        var hold = new TaskCompletionSource();
        var first = turns.RunAsync(Busy, link, 1, _ => hold.Task, CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        var newest = turns.RunAsync(Busy, link, 9, _ => Task.CompletedTask, cancellation.Token);
        var handled = new List<long>();
        var second = turns.RunAsync(Busy, link, 2, _ => Task.Run(() => handled.Add(2)), CancellationToken.None);

        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(newest);
        hold.SetException(new InvalidOperationException());
        await Should.ThrowAsync<InvalidOperationException>(first);
        await second;

        handled.ShouldBe([2]);
    }
}
