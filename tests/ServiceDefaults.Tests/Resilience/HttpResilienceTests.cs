using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Tests.Resilience;

public sealed class HttpResilienceTests
{
    private static readonly (string, string) Fast = ("Http:Resilience:BaseDelay", "00:00:00.001");

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task An_idempotent_request_is_retried_until_it_succeeds(string method)
    {
        await using var server = await FailingFirst(2, 503);
        using var outgoing = new Outgoing([Fast]);
        using var request = new HttpRequestMessage(new HttpMethod(method), server.Address);
        request.Headers.Add("X-Test", "1");
        request.Content = method == "PUT" ? JsonContent.Create(new { a = 1 }) : null;

        using var response = await outgoing.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        server.Requests.Count.ShouldBe(3);
        server.Requests.ShouldAllBe(received => received.Headers["X-Test"] == "1");
        if (method == "PUT")
        {
            server.Requests.ShouldAllBe(received => Encoding.UTF8.GetString(received.Body) == """{"a":1}""");
        }
    }

    [Theory]
    [InlineData("POST", 500)]
    [InlineData("POST", 503)]
    [InlineData("POST", 429)]
    [InlineData("PATCH", 503)]
    public async Task A_request_that_is_not_idempotent_is_never_retried(string method, int status)
    {
        await using var server = await FailingFirst(1, status);
        using var outgoing = new Outgoing([Fast]);
        using var request = new HttpRequestMessage(new HttpMethod(method), server.Address) { Content = JsonContent.Create(new { }) };

        using var response = await outgoing.Client.SendAsync(request);

        ((int)response.StatusCode).ShouldBe(status);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_post_whose_connection_is_refused_is_not_retried()
    {
        using var outgoing = new Outgoing([Fast], new ManualTime());

        // The clock is not advanced, so a retry would never complete.
        var error = await Should.ThrowAsync<HttpRequestException>(outgoing.Client.PostAsJsonAsync(StandIn.Refusing(), new { }))
            .WaitAsync(TimeSpan.FromSeconds(10));

        error.HttpRequestError.ShouldBe(HttpRequestError.ConnectionError);
    }

    [Fact]
    public async Task A_post_with_an_idempotency_key_is_sent_again_with_the_same_key_and_body()
    {
        await using var server = await FailingFirst(1, 500);
        using var outgoing = new Outgoing([Fast]);
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address) { Content = JsonContent.Create(new { a = 1 }) };
        request.Headers.Add("Idempotency-Key", "k1");

        using var response = await outgoing.Client.SendAsync(request);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        server.Requests.Select(received => (received.Headers["Idempotency-Key"], Encoding.UTF8.GetString(received.Body)))
            .ShouldBe([("k1", """{"a":1}"""), ("k1", """{"a":1}""")]);
    }

    [Fact]
    public async Task Content_that_can_be_read_only_once_is_never_retried()
    {
        await using var server = await FailingFirst(1, 503);
        using var outgoing = new Outgoing([Fast]);
        using var content = new StreamContent(new MemoryStream([1, 2, 3]));

        using var response = await outgoing.Client.PutAsync(server.Address, content);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(409)]
    public async Task A_response_that_will_not_change_is_not_retried(int status)
    {
        await using var server = await FailingFirst(1, status);
        using var outgoing = new Outgoing([Fast]);

        using var response = await outgoing.Client.GetAsync(server.Address);

        ((int)response.StatusCode).ShouldBe(status);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_last_response_is_returned_after_the_last_retry()
    {
        await using var server = await FailingFirst(int.MaxValue, 503);
        using var outgoing = new Outgoing([Fast, ("Http:Resilience:MaxRetries", "2")]);

        using var response = await outgoing.Client.GetAsync(server.Address);

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        server.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_broken_connection_is_retried_for_a_get()
    {
        var count = 0;
        await using var server = await StandIn.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                context.Abort();
                return;
            }

            await context.Response.WriteAsync("ok");
        });
        using var outgoing = new Outgoing([Fast]);

        (await outgoing.Client.GetStringAsync(server.Address)).ShouldBe("ok");
    }

    [Theory]
    [InlineData("3")]
    [InlineData("Sat, 21 Nov 2026 12:00:03 GMT")]
    public async Task Retry_After_determines_the_time_of_the_retry(string retryAfter)
    {
        var time = new ManualTime();
        await using var server = await FailingFirst(1, 429, retryAfter);
        using var outgoing = new Outgoing([Fast], time);

        var call = outgoing.Client.GetStringAsync(server.Address);
        await Wait.HoldsAsync(() => server.Requests.Count == 1 && time.Waiting.Contains(TimeSpan.FromSeconds(3)));
        time.Advance(TimeSpan.FromSeconds(2.9));
        server.Requests.Count.ShouldBe(1);
        call.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(0.2));

        (await call).ShouldBe("ok");
        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_Retry_After_that_is_too_long_is_returned_to_the_caller()
    {
        await using var server = await FailingFirst(1, 429, "60");
        using var outgoing = new Outgoing([Fast], new ManualTime());

        using var response = await outgoing.Client.GetAsync(server.Address).WaitAsync(TimeSpan.FromSeconds(10));

        response.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Delays_grow_with_each_attempt()
    {
        var time = new ManualTime();
        await using var server = await FailingFirst(int.MaxValue, 503);
        using var outgoing = new Outgoing([("Http:Resilience:TotalTimeout", "01:00:00"), ("Http:Resilience:AttemptTimeout", "00:30:00"), ("Http:Resilience:MaxDelay", "00:01:00"), ("Http:Resilience:BaseDelay", "00:00:02")], time);

        var call = outgoing.Client.GetAsync(server.Address);
        List<TimeSpan> waits = [];
        for (var tries = 1; tries <= 3; tries++)
        {
            var sent = tries;
            TimeSpan[] Delays() => [.. time.Waiting.Where(wait => wait < TimeSpan.FromMinutes(2))];
            await Wait.HoldsAsync(() => server.Requests.Count == sent && Delays().Length == 1);
            waits.Add(Delays().Single());
            time.Advance(waits[^1]);
        }

        (await call).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        // Decorrelated jitter around 2, 4, 8 s: the sum of the later two can't be less than the first.
        waits.ShouldAllBe(wait => wait > TimeSpan.Zero && wait <= TimeSpan.FromMinutes(1));
        waits.Distinct().Count().ShouldBe(3);
        (waits[1] + waits[2]).ShouldBeGreaterThan(waits[0]);
    }

    [Fact]
    public async Task An_attempt_that_hangs_times_out_and_the_next_one_succeeds()
    {
        var count = 0;
        await using var server = await StandIn.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            await context.Response.WriteAsync("ok");
        });
        using var outgoing = new Outgoing([Fast, ("Http:Resilience:AttemptTimeout", "00:00:00.3")]);

        (await outgoing.Client.GetStringAsync(server.Address)).ShouldBe("ok");
    }

    [Fact]
    public async Task A_post_that_hangs_times_out_with_an_HttpRequestException()
    {
        await using var server = await StandIn.StartAsync(context =>
            Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        using var outgoing = new Outgoing([("Http:Resilience:AttemptTimeout", "00:00:00.2")]);

        var error = await Should.ThrowAsync<HttpRequestException>(outgoing.Client.PostAsJsonAsync(new Uri(server.Address, "/pay"), new { }));

        error.Message.ShouldContain("did not answer POST /pay within 00:00:00.2");
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_total_timeout_covers_all_attempts()
    {
        await using var server = await FailingFirst(int.MaxValue, 503);
        using var outgoing = new Outgoing([("Http:Resilience:TotalTimeout", "00:00:00.5"), ("Http:Resilience:AttemptTimeout", "00:00:00.4"), ("Http:Resilience:BaseDelay", "00:00:03")]);
        var waited = Stopwatch.StartNew();

        await Should.ThrowAsync<HttpRequestException>(outgoing.Client.GetAsync(server.Address));

        waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(2.5));
    }

    [Fact]
    public async Task A_cancellation_by_the_caller_remains_a_cancellation()
    {
        await using var server = await StandIn.StartAsync(context =>
            Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted));
        using var outgoing = new Outgoing([Fast]);
        using var cancel = new CancellationTokenSource();

        var call = outgoing.Client.GetAsync(server.Address, cancel.Token);
        await Wait.HoldsAsync(() => server.Requests.Count == 1);
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_breaker_opens_on_failures_spares_the_host_and_closes_when_it_is_back()
    {
        var time = new ManualTime();
        var status = 503;
        await using var server = await StandIn.StartAsync(context => { context.Response.StatusCode = status; return Task.CompletedTask; });
        await using var other = await StandIn.StartAsync("other");
        using var outgoing = new Outgoing([("Http:Resilience:MaxRetries", "0"), ("Http:Resilience:BreakerMinimumCalls", "4"), ("Http:Resilience:BreakerPause", "00:00:05")], time);

        for (var i = 0; i < 4; i++)
        {
            using var failed = await outgoing.Client.GetAsync(server.Address);
            failed.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        }

        var refused = await Should.ThrowAsync<HttpRequestException>(outgoing.Client.GetAsync(server.Address));
        refused.Message.ShouldContain($"Calls to {server.Address.GetLeftPart(UriPartial.Authority)} are suspended");
        server.Requests.Count.ShouldBe(4, "no more calls are sent to the failing host");
        (await outgoing.Client.GetStringAsync(other.Address)).ShouldBe("other", "each host has its own breaker");

        time.Advance(TimeSpan.FromSeconds(5.1));
        (await outgoing.Client.GetAsync(server.Address)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await Should.ThrowAsync<HttpRequestException>(outgoing.Client.GetAsync(server.Address));
        server.Requests.Count.ShouldBe(5, "one call probes the host");

        status = 200;
        time.Advance(TimeSpan.FromSeconds(5.1));
        for (var i = 0; i < 10; i++)
        {
            (await outgoing.Client.GetAsync(server.Address)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Failed_attempts_and_open_breakers_are_warnings_because_the_caller_reports_the_error()
    {
        using var logs = new CapturedLogs();
        using var outgoing = new Outgoing([Fast, ("Http:Resilience:MaxRetries", "1"), ("Http:Resilience:BreakerMinimumCalls", "2")]);
        outgoing.Services.GetRequiredService<ILoggerFactory>().AddProvider(logs);

        await Should.ThrowAsync<HttpRequestException>(outgoing.Client.GetAsync(StandIn.Refusing()));

        logs.Entries.ShouldContain(entry => entry.Message.Contains("OnCircuitOpened"));
        logs.Entries.ShouldContain(entry => entry.Message.Contains("Attempt: '1'"));
        logs.Entries.Where(entry => entry.Category == "Polly").ShouldAllBe(entry => entry.Level <= LogLevel.Warning);
    }

    [Fact]
    public async Task Limits_of_one_client_do_not_open_the_breaker_for_all()
    {
        await using var server = await FailingFirst(int.MaxValue, 429);
        using var outgoing = new Outgoing([("Http:Resilience:MaxRetries", "0"), ("Http:Resilience:BreakerMinimumCalls", "2")]);

        for (var i = 0; i < 10; i++)
        {
            (await outgoing.Client.GetAsync(server.Address)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        }

        server.Requests.Count.ShouldBe(10);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_retry_may_go_to_another_replica_in_whatever_order_the_two_were_added(bool resilienceFirst)
    {
        await using var ill = await FailingFirst(int.MaxValue, 503);
        await using var well = await StandIn.StartAsync("well");
        using var outgoing = new Outgoing(
            [Fast, ("services:links:http:0", ill.Address.ToString()), ("services:links:http:1", well.Address.ToString())],
            resilienceFirst: resilienceFirst);

        (await outgoing.Client.GetStringAsync("https+http://links/")).ShouldBe("well");
        ill.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("TotalTimeout", "00:00:00", "must be from")]
    [InlineData("AttemptTimeout", "00:01:00", "must not be longer than Http__Resilience__TotalTimeout (00:00:30)")]
    [InlineData("MaxRetries", "-1", "must be 0 to 20")]
    [InlineData("BaseDelay", "00:00:10", "must not be longer than Http__Resilience__MaxDelay")]
    [InlineData("BreakerFailureRatio", "1.5", "must be above 0 and at most 1")]
    [InlineData("BreakerMinimumCalls", "1", "must be at least 2")]
    [InlineData("BreakerPause", "02:00:00", "must be from 00:00:00.5000000 to 01:00:00")]
    public async Task A_setting_out_of_range_stops_the_start_with_the_key_and_the_fix(string key, string value, string rule)
    {
        using var outgoing = new Outgoing([($"Http:Resilience:{key}", value)]);

        var error = await Should.ThrowAsync<OptionsValidationException>(outgoing.StartAsync());

        error.Message.ShouldStartWith($"Setting Http__Resilience__{key} is ");
        error.Message.ShouldContain(rule);
        error.Message.ShouldContain("Set it to ");
    }

    [Fact]
    public async Task A_setting_of_the_wrong_type_stops_the_start_with_its_key()
    {
        using var outgoing = new Outgoing([("Http:Resilience:MaxRetries", "many")]);

        (await Should.ThrowAsync<OptionsValidationException>(outgoing.StartAsync())).Message.ShouldBe("Setting Http__Resilience__MaxRetries is 'many'. Set it to a whole number.");
    }

    private static Task<StandIn> FailingFirst(int times, int status, string? retryAfter = null)
    {
        var count = 0;
        return StandIn.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref count) <= times)
            {
                context.Response.StatusCode = status;
                if (retryAfter is not null)
                {
                    context.Response.Headers.RetryAfter = retryAfter;
                }

                return;
            }

            await context.Response.WriteAsync("ok");
        });
    }
}
