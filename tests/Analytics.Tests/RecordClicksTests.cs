using System.Collections.Concurrent;
using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Analytics.Tests;

public sealed class RecordClicksTests(AnalyticsFixture fixture)
{
    private readonly AnalyticsUnderTest _service = fixture.Service;

    [Fact]
    public async Task A_click_is_in_totals_trend_and_breakdowns()
    {
        var link = await _service.KnownLinkAsync();

        await _service.RecordAsync(Clicks.Of(link, referrer: "https://www.example.org/page"), Clicks.Of(link, visitor: 2), Clicks.Of(link));

        var answer = await _service.CountedAsync(link.Workspace, link.Link, 3);
        answer.Totals.ShouldBe(new Totals(3, 2, 0));
        answer.Trend.Count.ShouldBe(30);
        answer.Trend.Sum(point => point.Clicks).ShouldBe(3);
        answer.Trend[^1].Visitors.ShouldBe(2);
        answer.TopReferrers.ShouldBe([new("direct", 2), new("example.org", 1)]);
        answer.Browsers.ShouldBe([new("Firefox", 3)]);
        answer.Os.ShouldBe([new("Linux", 3)]);
        answer.Devices.ShouldBe([new("Desktop", 3)]);
        answer.Languages.ShouldBe([new("de", 3)]);
        answer.Geo["Unknown"]["Unknown"].ShouldBe(3);
        answer.Variants.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_redelivered_batch_counts_once()
    {
        var link = await _service.KnownLinkAsync();
        var batch = new ClicksRecorded(Guid.CreateVersion7(), [Clicks.Of(link), Clicks.Of(link, visitor: 2)]);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _service.PublishAsync(batch)));
        await _service.RecordAsync(Clicks.Of(link, visitor: 3));
        await EmptyQueuesAsync(link);

        (await _service.AnalyticsAsync(link.Workspace, link.Link)).Totals.Clicks.ShouldBe(3);
        (await _service.RowAsync("select count(*) from clicks where workspace_id = $1", link.Workspace)).ShouldBe(3L);
    }

    [Fact]
    public async Task Bots_are_counted_separately_and_tools_are_clicks()
    {
        var link = await _service.KnownLinkAsync();

        await _service.RecordAsync(
            Clicks.Of(link),
            Clicks.Of(link, userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
            Clicks.Of(link, userAgent: "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
            Clicks.Of(link, purpose: "prefetch;prerender"),
            Clicks.Of(link, userAgent: "curl/8.5.0"));

        var answer = await _service.CountedAsync(link.Workspace, link.Link, 5);
        answer.Totals.ShouldBe(new Totals(2, 1, 3));
        answer.Trend[^1].BotClicks.ShouldBe(3);
        answer.Classes.OrderBy(entry => entry.Name, StringComparer.Ordinal).ShouldBe(
            [new("crawler", 1), new("human", 1), new("prefetch", 1), new("preview", 1), new("tool", 1)]);
        answer.Browsers.Sum(entry => entry.Clicks).ShouldBe(2);
    }

    [Fact]
    public async Task The_reason_for_a_class_is_in_the_raw_click_and_in_the_answer()
    {
        var link = await _service.KnownLinkAsync();

        await _service.RecordAsync(
            Clicks.Of(link),
            Clicks.Of(link, userAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
            Clicks.Of(link, userAgent: "inventory-sync/4.2"),
            Clicks.Of(link, purpose: "prefetch"),
            Clicks.Of(link) with { Network = "scanner" },
            Clicks.Of(link, userAgent: "curl/8.5.0"));

        NamedCount[] expected =
        [
            new("\"Googlebot\" in User-Agent", 1), new("prefetch header", 1), new("program curl", 1), new("scanner network", 1), new("unknown program", 1),
        ];
        (await _service.CountedAsync(link.Workspace, link.Link, 6)).ClassReasons.ShouldBe(expected);
        (await _service.RowAsync("select string_agg(reason, ', ' order by reason) from clicks where link_id = $1 and class in (1, 3)", link.Link))
            .ShouldBe("\"Googlebot\" in User-Agent, scanner network, unknown program");
        (await _service.RowAsync("select count(*) from clicks where link_id = $1 and reason is null", link.Link)).ShouldBe(1L, "the person's");
    }

    [Fact]
    public async Task Visitors_of_a_range_are_distinct_not_a_sum_of_its_hours()
    {
        var link = await _service.KnownLinkAsync();
        var noon = new DateTimeOffset(2026, 6, 10, 12, 0, 0, TimeSpan.Zero);

        // 40 visitors return in each of six hours on two days, with ten new ones in each hour; five ask not to be profiled.
        await _service.RecordAsync([.. Enumerable.Range(0, 12).SelectMany(hour => Enumerable.Range(0, 50).Select(visitor =>
            Clicks.Of(link, noon.AddHours(hour % 6).AddDays(hour / 6), visitor: visitor < 40 ? visitor : (hour * 1_000) + visitor)))]);
        await _service.RecordAsync([.. Enumerable.Range(0, 5).Select(_ => Clicks.Of(link, noon, visitor: null))]);

        var answer = await _service.CountedAsync(link.Workspace, link.Link, 605, "?from=2026-06-09&to=2026-06-12");
        answer.Totals.ShouldBe(new Totals(605, 40 + 120, 0));
        answer.Trend.Select(point => point.Visitors).ShouldBe([0, 100, 100, 0]);
    }

    [Fact]
    public async Task Every_calendar_and_range_agrees_with_the_raw_clicks()
    {
        var link = await _service.KnownLinkAsync();
        var random = new Random(42);
        var from = new DateTimeOffset(2026, 2, 20, 0, 0, 0, TimeSpan.Zero);
        var clicks = Enumerable.Range(0, 3_000)
            .Select(_ => Clicks.Of(link, from.AddSeconds(random.Next(60 * 24 * 3_600)), visitor: random.Next(400)))
            .ToArray();
        await Task.WhenAll(clicks.Chunk(500).Select(chunk => _service.RecordAsync(chunk)));
        await _service.CountedAsync(link.Workspace, link.Link, 3_000, "?from=2026-02-01&to=2026-05-01");

        foreach (var (zone, interval, start, end) in new[]
        {
            ("UTC", "day", "2026-02-20T00:00:00Z", "2026-04-21T00:00:00Z"),
            ("Asia/Kathmandu", "day", "2026-02-25T18:15:00Z", "2026-03-20T18:15:00Z"),
            ("Europe/Berlin", "hour", "2026-03-27T23:00:00Z", "2026-03-31T22:00:00Z"),
            ("America/New_York", "week", "2026-03-01T05:00:00Z", "2026-04-15T13:45:00Z"),
            ("Australia/Lord_Howe", "hour", "2026-04-03T13:30:00Z", "2026-04-06T07:15:00Z"),
            ("UTC", "month", "2026-02-28T10:15:00Z", "2026-04-02T23:30:00Z"),
        })
        {
            var answer = await _service.AnalyticsAsync(link.Workspace, link.Link, $"?from={start}&to={end}&interval={interval}&tz={zone}");

            var inRange = clicks.Where(click => click.At >= answer.From && click.At < answer.To).ToArray();
            inRange.Length.ShouldBeGreaterThan(50);
            answer.Totals.Clicks.ShouldBe(inRange.Length);
            answer.Totals.Visitors.ShouldBe(inRange.Select(click => click.Visitor).Distinct().Count());
            answer.Browsers.Sum(entry => entry.Clicks).ShouldBe(inRange.Length);
            for (var i = 0; i < answer.Trend.Count; i++)
            {
                var next = i + 1 < answer.Trend.Count ? answer.Trend[i + 1].Start : answer.To;
                var inPoint = inRange.Where(click => click.At >= answer.Trend[i].Start && click.At < next).ToArray();
                answer.Trend[i].Clicks.ShouldBe(inPoint.Length, $"{zone} {interval} {answer.Trend[i].Start:O}");
                answer.Trend[i].Visitors.ShouldBe(inPoint.Select(click => click.Visitor).Distinct().Count());
            }
        }
    }

    [Fact]
    public async Task Two_replicas_on_one_hot_link_lose_and_double_nothing()
    {
        await using var service = await fixture.StartAnotherAsync();
        await service.AddReplicaAsync();
        var hot = await service.KnownLinkAsync();
        var cold = (hot.Workspace, Link: Guid.CreateVersion7());
        var at = new DateTimeOffset(2026, 7, 1, 10, 0, 0, TimeSpan.Zero);

        // Each batch published twice; links in both orders.
        await Task.WhenAll(Enumerable.Range(0, 60).Select(async i =>
        {
            var batch = new ClicksRecorded(Guid.CreateVersion7(),
                [.. Enumerable.Range(0, 100).Select(n => Clicks.Of((n + i) % 2 == 0 ? hot : cold, at.AddSeconds(n), visitor: (i * 1_000) + n))]);
            await service.PublishAsync(batch);
            await service.PublishAsync(batch);
        }));

        await service.CountedAsync(hot.Workspace, hot.Link, 3_000, "?from=2026-07-01&to=2026-07-01", TimeSpan.FromSeconds(30));
        await Eventually.PassesAsync(async () => (await service.RowAsync("select count(*) from clicks where workspace_id = $1", hot.Workspace)).ShouldBe(6_000L));
        var answer = await service.AnalyticsAsync(hot.Workspace, hot.Link, "?from=2026-07-01&to=2026-07-01");
        answer.Totals.Clicks.ShouldBe(3_000);
        answer.Totals.Visitors.ShouldBeInRange(2_800, 3_200);
        (await service.WorkspaceAnalyticsAsync(hot.Workspace, "?from=2026-07-01&to=2026-07-01")).Totals.Clicks.ShouldBe(6_000);
    }

    [Fact]
    public async Task New_lifetime_totals_are_published_for_links_clicked_by_people()
    {
        var (first, second) = (await _service.KnownLinkAsync(), await _service.KnownLinkAsync());
        var received = new ConcurrentBag<LinkClickTotal>();
        var endpoint = _service.Services.GetRequiredService<IReceiveEndpointConnector>().ConnectReceiveEndpoint(
            new TemporaryEndpointDefinition(),
            null,
            (_, configure) => configure.Handler<ClickTotalsChanged>(context =>
            {
                foreach (var total in context.Message.Totals)
                {
                    received.Add(total);
                }

                return Task.CompletedTask;
            }));
        await endpoint.Ready;

        await _service.RecordAsync(Clicks.Of(first), Clicks.Of(first), Clicks.Of(second, userAgent: "Googlebot/2.1"));
        await _service.CountedAsync(first.Workspace, first.Link, 2);
        await _service.RecordAsync(Clicks.Of(first, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero)));

        await Eventually.PassesAsync(() =>
        {
            received.Where(total => total.LinkId == first.Link).Select(total => total.Clicks).Order().ShouldBe([2, 3]);
            return Task.CompletedTask;
        });
        received.ShouldNotContain(total => total.LinkId == second.Link);
        received.ShouldNotContain(total => total.LinkId == Guid.Empty);
        await endpoint.StopAsync();
    }

    [Fact]
    public async Task Clicks_of_any_month_are_stored_and_impossible_times_are_replaced_by_the_arrival()
    {
        var link = await _service.KnownLinkAsync();
        var now = TimeProvider.System.GetUtcNow();

        await _service.RecordAsync(
            Clicks.Of(link, now.AddDays(-390)), Clicks.Of(link, now.AddDays(-200)),
            Clicks.Of(link, DateTimeOffset.UnixEpoch), Clicks.Of(link, DateTimeOffset.MaxValue), Clicks.Of(link, DateTimeOffset.MinValue));

        var answer = await _service.CountedAsync(link.Workspace, link.Link, 5, $"?from={Clicks.Query(now.AddDays(-399))}&interval=month");
        answer.Totals.Clicks.ShouldBe(5);
        (await _service.AnalyticsAsync(link.Workspace, link.Link)).Totals.Clicks.ShouldBe(3);
        (await _service.RowAsync("select count(*) from clicks where workspace_id = $1 and at > now() - interval '1 hour'", link.Workspace)).ShouldBe(3L);
    }

    [Fact]
    public async Task A_batch_that_cannot_be_stored_does_not_delay_others()
    {
        var link = await _service.KnownLinkAsync();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => (i % 10) switch
        {
            3 => _service.PublishAsync(new ClicksRecorded(Guid.CreateVersion7(), null!)),
            6 => _service.RecordAsync(null!, Clicks.Of(link)),
            _ => _service.RecordAsync(Clicks.Of(link)),
        }));

        (await _service.CountedAsync(link.Workspace, link.Link, 32)).Totals.Clicks.ShouldBe(32);
    }

    [Fact]
    public async Task Stored_clicks_are_counted_in_metrics()
    {
        await using var service = await fixture.StartAnotherAsync();
        var link = await service.KnownLinkAsync();
        using var clicks = service.Collect<long>("linkshort.analytics.clicks.stored");
        using var duplicates = service.Collect<long>("linkshort.analytics.batches.duplicate");
        using var lag = service.Collect<double>("linkshort.analytics.lag");
        var batch = new ClicksRecorded(Guid.CreateVersion7(), [Clicks.Of(link), Clicks.Of(link), Clicks.Of(link, userAgent: "Googlebot/2.1")]);

        await service.PublishAsync(batch);
        await service.PublishAsync(batch);

        await Eventually.PassesAsync(() =>
        {
            clicks.Sum(("class", "human")).ShouldBe(2);
            clicks.Sum(("class", "crawler")).ShouldBe(1);
            duplicates.Sum().ShouldBe(1);
            lag.Sum().ShouldBeInRange(0, 60);
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task Hostile_headers_are_counted_like_any_other()
    {
        var link = await _service.KnownLinkAsync();
        var junk = new string('x', 512);

        await _service.RecordAsync(
            Clicks.Of(link, userAgent: "curl/8.5.0 \0\ud800" + junk, referrer: "https://\0/\udfff", acceptLanguage: "\0;q=\ud800", purpose: "\0"),
            Clicks.Of(link, userAgent: "curl/8.5.0'; drop table clicks; --", referrer: "https://" + new string('a', 1_000) + ".example/", acceptLanguage: junk));

        (await _service.CountedAsync(link.Workspace, link.Link, 2)).TopReferrers.ShouldBe([new("direct", 2)]);
    }

    /// <summary>Waits until a click published now has arrived, which is then the last one.</summary>
    private async Task EmptyQueuesAsync((Guid Workspace, Guid Link) link)
    {
        await _service.RowAsync("select 1");
        var marker = (link.Workspace, Link: Guid.CreateVersion7());
        await _service.RecordAsync(Clicks.Of(marker, userAgent: "Googlebot/2.1"));
        await Eventually.PassesAsync(async () =>
            (await _service.RowAsync("select bot_clicks from totals where workspace_id = $1 and link_id = $2", marker.Workspace, marker.Link)).ShouldBe(1L));
        await _service.RowAsync("delete from clicks where workspace_id = $1 and link_id = $2", marker.Workspace, marker.Link);
    }
}
