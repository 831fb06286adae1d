using System.Diagnostics;
using System.Net;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace LinkShort.Redirect.Tests;

/// <summary>Scans of codes that no link has.</summary>
public sealed class UnknownCodeTests(ServersFixture fixture, ITestOutputHelper output)
{
    [Fact]
    public async Task A_scan_of_a_million_random_codes_reaches_the_stores_for_less_than_one_in_a_hundred()
    {
        const int Scanned = 1_000_000;
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);
        await FilterIsTrustedAsync(replica);
        var routes = replica.Services.GetRequiredService<RouteTable>();
        var redis = replica.Services.GetRequiredService<IConnectionMultiplexer>();
        using var queries = new QueryCount(installation.Settings["ConnectionStrings:redirectdb"]!);
        var (redisBefore, linksBefore) = (redis.OperationCount, installation.Links.CodeRequests);

        var answers = new int[Enum.GetValues<Outcome>().Length];
        await Parallel.ForEachAsync(Enumerable.Range(0, Scanned), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, token) =>
        {
            var code = $"scan{number:x6}{number * 7919 % 1009:x}";
            var lookup = routes.TryFind(code, out var known) ? known : await routes.FindAsync(code, token);
            Interlocked.Increment(ref answers[(int)lookup.Outcome]);
        });

        var reached = (Redis: redis.OperationCount - redisBefore, Queries: queries.Count, Links: installation.Links.CodeRequests - linksBefore);
        output.WriteLine($"Of {Scanned:n0} codes: {reached.Redis:n0} operations of Redis, {reached.Queries:n0} queries, {reached.Links:n0} requests to links.");
        // All three also have some other load: health checks, salts, the refresh of the filter.
        reached.Redis.ShouldBeLessThan(Scanned / 100);
        reached.Queries.ShouldBeLessThan(Scanned / 100);
        reached.Links.ShouldBeLessThan(Scanned / 100);
        answers[(int)Outcome.NotFound].ShouldBe(Scanned);
        (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
    }

    [Fact]
    public async Task During_a_scan_over_HTTP_it_gets_404_links_redirect_and_new_ones_appear()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        installation.Settings["Redirect:UnknownLookupsPerSecond"] = "10";
        installation.Settings["Redirect:UnknownLookupsBurst"] = "50";
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        await Task.WhenAll(replicas.Select(FilterIsTrustedAsync));
        var (scanned, requests, clock) = (0, installation.Links.CodeRequests, Stopwatch.StartNew());

        for (var round = 0; round < 10; round++)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 200).Select(number =>
                replicas[number % 2].StatusAsync("/" + Installation.NewCode())));
            statuses.ShouldAllBe(status => status == HttpStatusCode.NotFound);
            scanned += statuses.Length;

            // Only the event makes it known: the filter keeps replicas from looking it up.
            var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
            await Task.WhenAll(replicas.Select(replica =>
                Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination, TimeSpan.FromSeconds(2))));
        }

        // Includes the requests that waited for a link to appear.
        var budget = replicas.Length * (50 + (10 * (clock.Elapsed.TotalSeconds + 1)));
        output.WriteLine($"{installation.Links.CodeRequests - requests} requests to links for {scanned:n0} unknown codes in {clock.Elapsed.TotalSeconds:n1} s.");
        ((double)(installation.Links.CodeRequests - requests)).ShouldBeLessThanOrEqualTo(budget);
    }

    [Fact]
    public async Task A_code_that_was_requested_too_early_is_found_as_soon_as_links_has_it_before_any_event()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        await Task.WhenAll(replicas.Select(FilterIsTrustedAsync));

        for (var round = 0; round < 20; round++)
        {
            if (round == 10)
            {
                // As while RabbitMQ is away.
                replicas[0].Services.GetRequiredService<RouteTable>().CutOff();
            }

            var link = Installation.Link(Installation.NewCode());
            foreach (var replica in replicas.Concat(replicas))
            {
                (await replica.FollowAsync(link.Code)).ShouldBe("NotFound");
            }

            installation.Links.Links[link.Code] = link;
            foreach (var replica in replicas)
            {
                (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
            }
        }
    }

    [Fact]
    public async Task A_visitor_who_joins_a_lookup_from_before_the_creation_gets_the_next_one()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = Installation.Link(Installation.NewCode());
        var held = installation.Links.HoldCode();
        var early = replica.FollowAsync(link.Code);
        await held.Started;
        installation.Links.Links[link.Code] = link;
        var routes = replica.Services.GetRequiredService<RouteTable>();
        var late = routes.FindAsync(link.Code, CancellationToken.None);

        held.Release();

        (await early).ShouldBe("NotFound");
        (await late).Route!.Destination.ShouldBe(link.Destination);
    }

    [Fact]
    public async Task Concurrent_requests_for_an_unknown_code_share_the_lookup_after_the_one_in_flight()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var code = Installation.NewCode();
        var held = installation.Links.HoldCode();
        var first = replica.StatusAsync("/" + code);
        await held.Started;
        var routes = replica.Services.GetRequiredService<RouteTable>();
        var others = Enumerable.Range(0, 49).Select(_ => routes.FindAsync(code, CancellationToken.None)).ToArray();

        held.Release();

        (await first).ShouldBe(HttpStatusCode.NotFound);
        foreach (var other in others)
        {
            (await other).Route.ShouldBeNull();
        }

        installation.Links.RequestsOf(code).ShouldBe(2);
    }

    [Fact]
    public async Task A_repeated_unknown_code_and_a_scan_have_a_budget_each()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        installation.Settings["Redirect:UnknownLookupsPerSecond"] = "1";
        installation.Settings["Redirect:UnknownLookupsBurst"] = "20";
        var replica = await installation.AddReplicaAsync();
        await FilterIsTrustedAsync(replica);
        var link = Installation.Link(Installation.NewCode());
        (await replica.FollowAsync(link.Code)).ShouldBe("NotFound");
        var budget = replica.Services.GetRequiredService<LookupBudget>();
        while (!budget.Excluded.IsExhausted)
        {
            (await replica.FollowAsync(Installation.NewCode())).ShouldBe("NotFound");
        }

        installation.Links.Links[link.Code] = link;
        (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);

        var (repeated, requests, clock) = (Installation.NewCode(), installation.Links.CodeRequests, Stopwatch.StartNew());
        for (var i = 0; i < 300; i++)
        {
            (await replica.FollowAsync(repeated)).ShouldBe("NotFound");
        }

        ((double)(installation.Links.CodeRequests - requests)).ShouldBeLessThanOrEqualTo((2 * 20) + (2 * (clock.Elapsed.TotalSeconds + 1)));
    }

    [Fact]
    public async Task Beyond_the_budget_no_code_is_not_found_while_links_is_away()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        installation.Settings["Redirect:UnknownLookupsPerSecond"] = "1";
        installation.Settings["Redirect:UnknownLookupsBurst"] = "3";
        var replica = await installation.AddReplicaAsync();
        await FilterIsTrustedAsync(replica);
        installation.Links.IsAway = true;

        for (var i = 0; i < 30; i++)
        {
            using var answer = await replica.Http.GetAsync("/" + Installation.NewCode());
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, $"request {i + 1}");
            answer.Headers.RetryAfter.ShouldNotBeNull();
        }

        installation.Links.IsAway = false;
        await Eventually.BecomesAsync(() => replica.FollowAsync(Installation.NewCode()), answer => answer == "NotFound");
    }

    [Fact]
    public async Task The_filter_has_every_code_and_alias_and_is_loaded_again_after_messages_may_have_been_missed()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var first = await installation.AddReplicaAsync();
        var alias = "also-" + Installation.NewCode();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()) with { Aliases = [alias] });
        await Eventually.BecomesAsync(() => first.FollowAsync(link.Code), answer => answer == link.Destination);
        var second = await installation.AddReplicaAsync();
        await FilterIsTrustedAsync(second);
        var filter = second.Services.GetRequiredService<CodeFilter>();
        filter.Excludes(CodeHash.Of(link.Code)).ShouldBeFalse("it was stored before");
        filter.Excludes(CodeHash.Of(alias)).ShouldBeFalse("it was stored before");
        filter.Excludes(CodeHash.Of(Installation.NewCode())).ShouldBeTrue();

        var later = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
        await Eventually.BecomesAsync(() => Task.FromResult(filter.Excludes(CodeHash.Of(later.Code))), isExcluded => !isExcluded);

        // After a disconnect nothing is excluded until the filter is loaded from the read model again.
        var routes = second.Services.GetRequiredService<RouteTable>();
        routes.CutOff();
        filter.Excludes(CodeHash.Of(Installation.NewCode())).ShouldBeFalse();
        (await second.FollowAsync(Installation.NewCode())).ShouldBe("NotFound");
        routes.DistrustMemory();
        await FilterIsTrustedAsync(second);
        filter.Excludes(CodeHash.Of(later.Code)).ShouldBeFalse();
        filter.Excludes(CodeHash.Of(Installation.NewCode())).ShouldBeTrue();
    }

    [Fact]
    public void A_filter_excludes_nothing_until_messages_arrive_and_it_was_filled_after_that()
    {
        var filter = new CodeFilter();
        Fill("before").ShouldBeTrue();
        filter.Excludes(CodeHash.Of("unknown")).ShouldBeFalse("messages don't arrive yet");

        filter.Distrust();
        filter.Excludes(CodeHash.Of("unknown")).ShouldBeFalse("earlier codes may be missing");
        filter.NeedsLoading.ShouldBeTrue();
        Fill("stored").ShouldBeTrue();
        filter.Excludes(CodeHash.Of("unknown")).ShouldBeTrue();
        filter.Excludes(CodeHash.Of("stored")).ShouldBeFalse();

        // A code added during a load is in the new filter too.
        var epoch = filter.BeginLoad(10);
        filter.Add("meanwhile");
        filter.TryFinish(epoch).ShouldBeTrue();
        filter.Excludes(CodeHash.Of("meanwhile")).ShouldBeFalse();

        epoch = filter.BeginLoad(10);
        filter.Distrust();
        filter.TryFinish(epoch).ShouldBeFalse("messages may have been missed while it was being filled");
        filter.IsTrusted.ShouldBeFalse();

        bool Fill(string code)
        {
            var began = filter.BeginLoad(10);
            filter.AddStored(code);
            return filter.TryFinish(began);
        }
    }

    [Fact]
    public void The_budget_allows_a_burst_and_then_a_rate_per_second()
    {
        var time = new SteppedTime();
        var budget = new LookupBudget(
            Microsoft.Extensions.Options.Options.Create(new RedirectOptions { UnknownLookupsPerSecond = 10, UnknownLookupsBurst = 5 }), time).Excluded;
        Take().ShouldBe(5);
        budget.IsExhausted.ShouldBeTrue();
        time.Step(TimeSpan.FromMilliseconds(210));
        budget.IsExhausted.ShouldBeFalse();
        Take().ShouldBe(2);
        time.Step(TimeSpan.FromMinutes(1));
        Take().ShouldBe(5);

        int Take()
        {
            var taken = 0;
            while (budget.TryTake())
            {
                taken++;
            }

            return taken;
        }
    }

    private static Task FilterIsTrustedAsync(Replica replica)
    {
        var filter = replica.Services.GetRequiredService<CodeFilter>();
        return Eventually.BecomesAsync(() => Task.FromResult(filter.IsTrusted), isTrusted => isTrusted);
    }

    /// <summary>Counts statements sent to one database, by Npgsql's traces.</summary>
    private sealed class QueryCount : IDisposable
    {
        private readonly ActivityListener _listener;
        private int _count;

        public QueryCount(string connectionString)
        {
            var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
                ActivityStopped = activity =>
                {
                    if (activity.TagObjects.Any(tag => tag.Value as string == database))
                    {
                        Interlocked.Increment(ref _count);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public int Count => Volatile.Read(ref _count);

        public void Dispose() => _listener.Dispose();
    }

    private sealed class SteppedTime : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Step(TimeSpan time) => _now += time.Ticks;

        public override long GetTimestamp() => _now;
    }
}
