using System.Diagnostics;

namespace LinkShort.ServiceDefaults.Tests.Telemetry;

/// <summary>Activity listeners receive the activities of the whole process: see <see cref="AloneInTheProcess"/>.</summary>
[Collection(nameof(OtlpExportTests))]
public sealed class TraceHeaderTests
{
    [Fact]
    public async Task Each_try_carries_the_id_of_its_own_span()
    {
        var count = 0;
        await using var server = await StandIn.StartAsync(context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref count) == 1 ? 503 : 200;
            return Task.CompletedTask;
        });
        using var outgoing = new Outgoing(
        [
            ("Http:Resilience:BaseDelay", "00:00:00.001"),
            ("services:links:http:0", StandIn.Refusing().ToString()), ("services:links:http:1", server.Address.ToString()),
        ]);
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var caller = new Activity("caller").Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "https+http://links/");

        using var response = await outgoing.Client.SendAsync(request);

        response.EnsureSuccessStatusCode();
        var headers = server.Requests.Select(received => received.Headers["traceparent"].Split('-')).ToList();
        headers.Count.ShouldBe(2);
        headers.ShouldAllBe(header => header[1] == caller.TraceId.ToString());
        headers[0][2].ShouldNotBe(headers[1][2]);
        request.Headers.Contains("traceparent").ShouldBeFalse("the caller's request is as it was");
    }
}
