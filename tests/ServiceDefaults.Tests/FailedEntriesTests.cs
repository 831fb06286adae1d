using Microsoft.Extensions.Logging.Abstractions;

namespace LinkShort.ServiceDefaults.Tests;

public sealed class FailedEntriesTests
{
    private readonly ManualTime _time = new();
    private readonly FailedEntries<string> _entries;

    public FailedEntriesTests() => _entries = new("Testing", _time, NullLogger.Instance);

    [Fact]
    public async Task A_failed_entry_waits_twice_as_long_each_time_up_to_five_minutes()
    {
        foreach (var pause in new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 })
        {
            await FailAsync("bad");
            _time.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromMilliseconds(1));
            _entries.Waiting.ShouldBe(["bad"], $"{pause} s");
            _time.Advance(TimeSpan.FromMilliseconds(1));
            _entries.Waiting.ShouldBeEmpty($"{pause} s");
        }
    }

    [Fact]
    public async Task An_entry_that_was_handled_starts_over()
    {
        await FailAsync("bad");
        await FailAsync("bad");
        await _entries.TryAsync("bad", () => Task.CompletedTask, CancellationToken.None);
        _entries.Waiting.ShouldBeEmpty();

        await FailAsync("bad");
        _time.Advance(TimeSpan.FromSeconds(1));
        _entries.Waiting.ShouldBeEmpty();
    }

    [Fact]
    public async Task Stopping_the_service_is_not_a_failure_of_the_entry()
    {
        using var stopping = new CancellationTokenSource();
        await stopping.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => _entries.TryAsync("good", () => Task.FromCanceled(stopping.Token), stopping.Token));

        _entries.Waiting.ShouldBeEmpty();
    }

    private Task FailAsync(string key) => _entries.TryAsync(key, () => throw new InvalidTimeZoneException("on purpose"), CancellationToken.None);
}
