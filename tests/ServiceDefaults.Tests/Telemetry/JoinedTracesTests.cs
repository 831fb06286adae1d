using System.Diagnostics;
using System.Globalization;
using LinkShort.ServiceDefaults.Telemetry;

namespace LinkShort.ServiceDefaults.Tests.Telemetry;

public sealed class JoinedTracesTests
{
    [Fact]
    public void Work_of_many_traces_continues_the_first_recorded_one_and_links_to_the_others()
    {
        using var source = new ActivitySource($"Joined.{nameof(Work_of_many_traces_continues_the_first_recorded_one_and_links_to_the_others)}");
        using var listener = Listen(source);

        using var joined = source.StartJoined("work", ActivityKind.Internal, [null, "nonsense", Cause(1, "00"), Cause(2), Cause(3), Cause(2), Cause(4)])!;

        joined.TraceId.ToHexString().ShouldBe(Cause(2).Split('-')[1]);
        joined.ParentSpanId.ToHexString().ShouldBe(Cause(2).Split('-')[2]);
        joined.Links.Select(link => link.Context.TraceId.ToHexString()).ShouldBe([Cause(3).Split('-')[1], Cause(4).Split('-')[1]]);
    }

    [Fact]
    public void A_span_with_a_thousand_causes_has_a_limited_number_of_links()
    {
        using var source = new ActivitySource($"Joined.{nameof(A_span_with_a_thousand_causes_has_a_limited_number_of_links)}");
        using var listener = Listen(source);
        var causes = Enumerable.Range(1, 1_000).Select(number => Cause(number)).ToList();

        using var joined = source.StartJoined("work", ActivityKind.Internal, causes)!;
        joined.Links.Count().ShouldBe(JoinedTraces.MaxLinks);
        joined.Stop();
        using var linked = source.StartLinked("batch", ActivityKind.Producer, causes.Take(3))!;
        linked.Links.Count().ShouldBe(3);
        linked.ParentSpanId.ShouldBe(default(ActivitySpanId));
    }

    [Fact]
    public void Without_listeners_the_causes_are_not_read()
    {
        using var source = new ActivitySource($"Joined.{nameof(Without_listeners_the_causes_are_not_read)}");

        source.StartJoined("work", ActivityKind.Internal, Unread()).ShouldBeNull();
        source.StartLinked("batch", ActivityKind.Producer, Unread()).ShouldBeNull();

        static IEnumerable<string?> Unread()
        {
            yield return null;
            throw new InvalidOperationException("read");
        }
    }

    private static string Cause(int number, string flags = "01") => string.Create(CultureInfo.InvariantCulture, $"00-{number:x32}-{number:x16}-{flags}");

    private static ActivityListener Listen(ActivitySource source)
    {
        Activity.Current = null;
        var listener = new ActivityListener
        {
            ShouldListenTo = other => ReferenceEquals(other, source),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }
}
