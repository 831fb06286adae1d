using System.Net;
using System.Net.Http.Json;
using LinkShort.ServiceDefaults.Discovery;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Tests.Discovery;

public sealed class ReplicaFailoverTests
{
    [Fact]
    public async Task Replicas_are_used_in_turn()
    {
        await using var a = await StandIn.StartAsync("a");
        await using var b = await StandIn.StartAsync("b");
        await using var c = await StandIn.StartAsync("c");
        using var outgoing = new Outgoing(Replicas(a.Address, b.Address, c.Address));

        var answers = "";
        for (var i = 0; i < 6; i++)
        {
            answers += await outgoing.Client.GetStringAsync("https+http://links/api/v1/links?limit=5");
        }

        answers.ShouldBe("abcabc");
        a.Requests.ShouldAllBe(request => request.Target == "/api/v1/links?limit=5");
    }

    [Fact]
    public async Task A_post_reaches_the_next_replica_when_one_refuses_to_connect()
    {
        await using var alive = await StandIn.StartAsync("alive");
        using var outgoing = new Outgoing(Replicas(StandIn.Refusing(), alive.Address));

        for (var i = 0; i < 4; i++)
        {
            using var response = await outgoing.Client.PostAsJsonAsync("https+http://links/x", new { i });
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        alive.Requests.Count.ShouldBe(4);
        alive.Requests.ShouldAllBe(request => request.Body.Length > 0);
    }

    [Fact]
    public async Task An_unreachable_replica_is_avoided_for_a_while_and_then_tried_again()
    {
        var time = new ManualTime();
        var rotation = new ReplicaRotation(time);
        Uri[] replicas = [new("http://localhost:1"), new("http://localhost:2"), new("http://localhost:3")];
        rotation.Failed(replicas[1]);

        for (var i = 0; i < 6; i++)
        {
            rotation.Order("links", replicas).ShouldSatisfyAllConditions(
                order => order.Count.ShouldBe(3),
                order => order[2].ShouldBe(replicas[1], "still there as the last resort"));
        }

        time.Advance(ReplicaRotation.Avoided + TimeSpan.FromMilliseconds(1));
        Enumerable.Range(0, 3).Select(_ => rotation.Order("links", replicas)[0]).ShouldBe(replicas, ignoreOrder: true);

        rotation.Failed(replicas[0]);
        rotation.Reached(replicas[0]);
        Enumerable.Range(0, 3).Select(_ => rotation.Order("links", replicas)[0]).ShouldBe(replicas, ignoreOrder: true);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task When_all_replicas_are_avoided_they_are_still_tried()
    {
        var refusing = StandIn.Refusing();
        using var outgoing = new Outgoing([.. Replicas(refusing, refusing), ("Http:Resilience:MaxRetries", "0")]);
        await Should.ThrowAsync<HttpRequestException>(outgoing.Client.GetAsync("http://links/"));

        await using var back = await StandIn.StartAsync(context => context.Response.WriteAsync("back"), refusing.Port);
        (await outgoing.Client.GetStringAsync("http://links/")).ShouldBe("back");
    }

    [Fact]
    public async Task A_500_is_a_response_and_not_retried_at_another_replica()
    {
        await using var ill = await StandIn.StartAsync(context => { context.Response.StatusCode = 500; return Task.CompletedTask; });
        await using var well = await StandIn.StartAsync("well");
        using var outgoing = new Outgoing(Replicas(ill.Address, well.Address));

        using var response = await outgoing.Client.PostAsJsonAsync("https+http://links/", new { });

        response.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        well.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_broken_connection_after_the_request_was_sent_is_not_repeated_elsewhere_for_a_post()
    {
        await using var breaking = await StandIn.StartAsync(context => { context.Abort(); return Task.CompletedTask; });
        await using var well = await StandIn.StartAsync("well");
        using var outgoing = new Outgoing(Replicas(breaking.Address, well.Address));

        await Should.ThrowAsync<HttpRequestException>(outgoing.Client.PostAsJsonAsync("https+http://links/", new { }));

        breaking.Requests.Count.ShouldBe(1);
        well.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_host_that_is_not_a_service_is_resolved_by_DNS()
    {
        await using var server = await StandIn.StartAsync("direct");
        using var outgoing = new Outgoing(Replicas(StandIn.Refusing()));

        (await outgoing.Client.GetStringAsync($"http://localhost:{server.Address.Port}/")).ShouldBe("direct");
        server.Requests.Single().Headers["Host"].ShouldBe($"localhost:{server.Address.Port}");
    }

    [Theory]
    [InlineData("https+http://billing/plans", "services:billing:https:0 or services:billing:http:0")]
    [InlineData("https+http://_admin.billing/", "services:billing:admin:0")]
    public async Task An_unknown_service_is_an_error_that_names_the_setting_and_is_not_retried(string address, string keys)
    {
        var time = new ManualTime();
        using var outgoing = new Outgoing([], time);

        // The clock is not advanced, so a retry would never complete.
        var error = await Should.ThrowAsync<HttpRequestException>(outgoing.Client.GetAsync(address)).WaitAsync(TimeSpan.FromSeconds(10));

        error.Message.ShouldContain(keys);
        error.Message.ShouldContain(".WithReference(billing)");
    }

    private static IEnumerable<(string, string)> Replicas(params Uri[] replicas) =>
        replicas.Select((replica, i) => ($"services:links:http:{i}", replica.ToString()));
}
