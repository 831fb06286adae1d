using System.Diagnostics;
using System.Net;
using LinkShort.Redirect.Routing;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace LinkShort.Redirect.Tests;

/// <summary>Codes that no link has, asked for by the thousand.</summary>
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
        var (redisBefore, linksBefore) = (redis.OperationCount, installation.Links.Questions);

        var answers = new int[Enum.GetValues<Outcome>().Length];
        await Parallel.ForEachAsync(Enumerable.Range(0, Scanned), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, token) =>
        {
            var code = $"scan{number:x6}{number * 7919 % 1009:x}";
            var lookup = routes.TryFind(code, out var known) ? known : await routes.FindAsync(code, token);
            Interlocked.Increment(ref answers[(int)lookup.Outcome]);
        });

        var reached = (Redis: redis.OperationCount - redisBefore, Queries: queries.Count, Links: installation.Links.Questions - linksBefore);
        output.WriteLine($"Of {Scanned:n0} codes: {reached.Redis:n0} operations of Redis, {reached.Queries:n0} queries, {reached.Links:n0} questions to links.");
        // All three work for other things too, a little: health checks, salts, the refresh of the filter.
        reached.Redis.ShouldBeLessThan(Scanned / 100);
        reached.Queries.ShouldBeLessThan(Scanned / 100);
        reached.Links.ShouldBeLessThan(Scanned / 100);
        answers[(int)Outcome.NotFound].ShouldBe(Scanned);
        (await replica.FollowAsync(link.Code)).ShouldBe(link.Destination);
    }

    [Fact]
    public async Task While_a_scan_goes_on_over_HTTP_it_gets_404_links_are_followed_and_new_ones_appear()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        installation.Settings["Redirect:UnknownLookupsPerSecond"] = "10";
        installation.Settings["Redirect:UnknownLookupsBurst"] = "50";
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        await Task.WhenAll(replicas.Select(FilterIsTrustedAsync));
        var (asked, questions, clock) = (0, installation.Links.Questions, Stopwatch.StartNew());

        for (var round = 0; round < 10; round++)
        {
            var statuses = await Task.WhenAll(Enumerable.Range(0, 200).Select(number =>
                replicas[number % 2].StatusAsync("/" + Installation.NewCode())));
            statuses.ShouldAllBe(status => status == HttpStatusCode.NotFound);
            asked += statuses.Length;

            // The event alone has to do: the filter keeps replicas from asking for it.
            var link = await installation.CreateAsync(Installation.Link(Installation.NewCode()));
            await Task.WhenAll(replicas.Select(replica =>
                Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination, TimeSpan.FromSeconds(2))));
        }

        // Those that waited for a link to appear are among them.
        var budget = replicas.Length * (50 + (10 * (clock.Elapsed.TotalSeconds + 1)));
        output.WriteLine($"{installation.Links.Questions - questions} questions to links for {asked:n0} unknown codes in {clock.Elapsed.TotalSeconds:n1} s.");
        ((double)(installation.Links.Questions - questions)).ShouldBeLessThanOrEqualTo(budget);
    }

    [Fact]
    public async Task Beyond_the_budget_nothing_is_said_to_be_missing_while_links_is_away()
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
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, $"the {i + 1}. time");
            answer.Headers.RetryAfter.ShouldNotBeNull();
        }

        installation.Links.IsAway = false;
        await Eventually.BecomesAsync(() => replica.FollowAsync(Installation.NewCode()), answer => answer == "NotFound");
    }

    [Fact]
    public async Task The_filter_has_every_code_and_alias_of_every_replica_and_is_read_anew_after_messages_may_have_been_missed()
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

        // Whatever was missed meanwhile: first nothing is excluded, then the read model tells.
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
    public void A_filter_says_nothing_until_changes_come_through_and_it_was_filled_after_that()
    {
        var filter = new CodeFilter();
        Fill("before").ShouldBeTrue();
        filter.Excludes(CodeHash.Of("unknown")).ShouldBeFalse("changes don't come through yet");

        filter.Distrust();
        filter.Excludes(CodeHash.Of("unknown")).ShouldBeFalse("what came before may be missing");
        filter.NeedsLoading.ShouldBeTrue();
        Fill("stored").ShouldBeTrue();
        filter.Excludes(CodeHash.Of("unknown")).ShouldBeTrue();
        filter.Excludes(CodeHash.Of("stored")).ShouldBeFalse();

        // What changes while it is being filled is in the new one too.
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
    public void The_budget_allows_a_burst_and_then_so_many_a_second()
    {
        var time = new SteppedTime();
        var budget = new LookupBudget(
            Microsoft.Extensions.Options.Options.Create(new RedirectOptions { UnknownLookupsPerSecond = 10, UnknownLookupsBurst = 5 }), time);
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

    /// <summary>Statements sent to one database, by Npgsql's own traces.</summary>
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
