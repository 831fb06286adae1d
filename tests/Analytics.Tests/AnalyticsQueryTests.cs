using System.Globalization;
using LinkShort.Analytics.ReadAnalytics;
using LinkShort.Analytics.Rollups;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Analytics.Tests;

public sealed class AnalyticsQueryTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 20, 7, 0, TimeSpan.Zero);

    [Fact]
    public void The_default_is_thirty_days_by_day_including_today()
    {
        var query = Parse();

        query.Buckets.Count.ShouldBe(30);
        query.From.ShouldBe(Utc("2026-10-23T00:00"));
        query.To.ShouldBe(Utc("2026-11-21T20:15"));
        query.Buckets[^1].ShouldBe(new Bucket(Utc("2026-11-21T00:00"), Utc("2026-11-21T00:00"), Utc("2026-11-21T20:15")));
    }

    [Fact]
    public void Days_are_those_of_the_time_zone_also_when_clocks_change()
    {
        var query = Parse(from: "2026-10-24", to: "2026-10-26", tz: "Europe/Berlin");

        query.Buckets.Select(bucket => bucket.Start).ShouldBe([Utc("2026-10-23T22:00"), Utc("2026-10-24T22:00"), Utc("2026-10-25T23:00")]);
        query.Buckets.Select(bucket => (bucket.To - bucket.From).TotalHours).ShouldBe([24, 25, 24]);
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-10-25", 25)]
    [InlineData("Europe/Berlin", "2026-03-29", 23)]
    [InlineData("Asia/Kolkata", "2026-03-29", 24)]
    [InlineData("America/Santiago", "2026-09-06", 23)]
    [InlineData("Africa/Cairo", "2026-04-24", 23)]
    public void A_day_has_as_many_hours_as_its_clocks_show(string tz, string day, int hours)
    {
        var query = Parse(from: day, to: day, interval: "hour", tz: tz);

        query.Buckets.Count.ShouldBe(hours);
        query.Buckets.Select(bucket => bucket.Start).ShouldBeUnique();
        ShouldTile(query);
    }

    [Fact]
    public void A_time_zone_that_shifts_by_half_an_hour_leaves_no_gap()
    {
        var query = Parse(from: "2026-04-04", to: "2026-04-06", interval: "hour", tz: "Australia/Lord_Howe");

        ShouldTile(query);
        Parse(from: "2026-10-03", to: "2026-10-05", interval: "hour", tz: "Australia/Lord_Howe").ShouldSatisfyAllConditions(ShouldTile);
    }

    [Fact]
    public void Midnight_that_the_clocks_skip_or_repeat_ends_no_trend()
    {
        // Paraguay's clocks went forward over midnight for the last time; Azores' go back over it; Samoa skipped a day.
        Parse(from: "2024-10-05", to: "2024-10-07", tz: "America/Asuncion").Buckets.Count.ShouldBe(3);
        Parse(from: "2026-10-24", to: "2026-10-26", tz: "Atlantic/Azores").Buckets.Select(bucket => (bucket.To - bucket.From).TotalHours).ShouldBe([24, 25, 24]);
        Parse(from: "2011-12-29", to: "2011-12-31", tz: "Pacific/Apia").Buckets.Count.ShouldBe(2);
    }

    [Fact]
    public void Steps_advance_in_every_time_zone()
    {
        var failed = new List<string>();
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones().Where(zone => zone.HasIanaId))
        {
            var calendar = new LocalCalendar(zone);
            foreach (var (interval, from, to, longest) in new[]
            {
                (Interval.Day, 2016, 2036, 49.0), (Interval.Week, 2016, 2036, 8 * 24), (Interval.Month, 2000, 2100, 32 * 24), (Interval.Hour, 2024, 2026, 2),
            })
            {
                var end = new DateTime(to, 1, 1, 0, 0, 0, DateTimeKind.Utc);
                for (var start = calendar.Floor(new DateTime(from, 1, 1, 0, 0, 0, DateTimeKind.Utc), interval); start < end;)
                {
                    var next = calendar.Next(start, interval);
                    var isRight = next > start && (next - start).TotalHours <= longest && next.Ticks % TimeSpan.FromMinutes(15).Ticks == 0
                        && calendar.Floor(next.AddTicks(-1), interval) == start && calendar.Floor(next, interval) == next;
                    if (!isRight)
                    {
                        failed.Add($"{zone.Id} {interval} {start:u} {next:u}");
                        break;
                    }

                    start = next;
                }
            }
        }

        failed.ShouldBeEmpty();
    }

    [Fact]
    public void Weeks_start_on_Monday_across_the_year()
    {
        var query = Parse(from: "2026-12-31", to: "2027-01-04", interval: "week");

        query.Buckets.Select(bucket => bucket.Start).ShouldBe([Utc("2026-12-28T00:00"), Utc("2027-01-04T00:00")]);
        query.Buckets[0].From.ShouldBe(Utc("2026-12-31T00:00"));
    }

    [Fact]
    public void Months_are_calendar_months()
    {
        var query = Parse(from: "2027-12-15", to: "2028-03-01", interval: "month", tz: "America/New_York");

        query.Buckets.Select(bucket => bucket.Start).ShouldBe(
            [Utc("2027-12-01T05:00"), Utc("2028-01-01T05:00"), Utc("2028-02-01T05:00"), Utc("2028-03-01T05:00")]);
        query.Buckets[^1].To.ShouldBe(Utc("2028-03-02T05:00"));
    }

    [Fact]
    public void Any_range_is_tiled_without_gap_or_overlap_by_rollup_rows()
    {
        var random = new Random(7);
        string[] zones = ["UTC", "Asia/Kathmandu", "Europe/London", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Chatham", "America/Sao_Paulo"];
        for (var i = 0; i < 500; i++)
        {
            var from = Now.AddMinutes(-random.Next(60 * 24 * 400));
            var interval = random.Next(4) switch { 0 => "hour", 1 => "day", 2 => "week", _ => "month" };
            var to = from.AddMinutes(random.Next(1, interval == "hour" ? 60 * 24 * 50 : 60 * 24 * 400));
            var query = Parse(from.ToString("O", CultureInfo.InvariantCulture), to.ToString("O", CultureInfo.InvariantCulture), interval, zones[i % zones.Length]);

            ShouldTile(query);
            var at = query.From;
            foreach (var segment in query.Buckets.SelectMany(bucket => Grains.Cover(bucket.From, bucket.To)))
            {
                segment.From.ShouldBe(at);
                segment.Grain.Floor(segment.From).ShouldBe(segment.From);
                segment.Grain.Floor(segment.To).ShouldBe(segment.To);
                at = segment.To;
            }

            at.ShouldBe(query.To);
        }
    }

    [Theory]
    [InlineData("from", "yesterday", null, null, null)]
    [InlineData("from", "2026-13-01", null, null, null)]
    [InlineData("from", "2026-11-01T10:00", null, null, null)]
    [InlineData("from", "2026-11-01T25:00:00Z", null, null, null)]
    [InlineData("from", "2026-11-01T10:00:00", null, null, null)]
    [InlineData("from", "2016-12-31T23:59:60Z", null, null, null)]
    [InlineData("from", "0001-01-01T00:00:00+14:00", null, null, null)]
    [InlineData("from", "9999-12-31T23:59:59-14:00", null, null, null)]
    [InlineData("from", "1999-12-30", null, null, null)]
    [InlineData("from", "2026-11-02", "2026-11-01", null, null)]
    [InlineData("from", "2027-01-01", null, null, null)]
    [InlineData("to", null, "2026-11-31", null, null)]
    [InlineData("to", null, "9999-12-31", null, null)]
    [InlineData("to", null, "2026-11-01T00:00:00 01:00", null, null)]
    [InlineData("interval", null, null, "minute", null)]
    [InlineData("interval", null, null, "Day,hour", null)]
    [InlineData("interval", "2020-01-01", null, "hour", null)]
    [InlineData("interval", "2000-01-01", "2099-12-31", "day", null)]
    [InlineData("tz", null, null, null, "Mars/Olympus")]
    [InlineData("tz", null, null, null, "../../etc/passwd")]
    [InlineData("tz", null, null, null, "W. Europe Standard Time")]
    [InlineData("tz", null, null, null, "+01:00")]
    public void Invalid_parameters_are_named(string field, string? from, string? to, string? interval, string? tz)
    {
        var errors = new ValidationErrors();

        AnalyticsQuery.Parse(from, to, interval, tz, Now, errors).ShouldBeNull();

        var details = (Microsoft.AspNetCore.Http.HttpValidationProblemDetails)errors.ToResult().ProblemDetails;
        details.Errors.Keys.ShouldContain(field);
    }

    private static AnalyticsQuery Parse(string? from = null, string? to = null, string? interval = null, string? tz = null) =>
        AnalyticsQuery.Parse(from, to, interval, tz, Now, new ValidationErrors()).ShouldNotBeNull($"{from} {to} {interval} {tz}");

    private static void ShouldTile(AnalyticsQuery query)
    {
        var at = query.From;
        foreach (var bucket in query.Buckets)
        {
            bucket.From.ShouldBe(at);
            bucket.To.ShouldBeGreaterThan(bucket.From);
            bucket.Start.ShouldBeLessThanOrEqualTo(bucket.From);
            at = bucket.To;
        }

        at.ShouldBe(query.To);
    }

    private static DateTime Utc(string text) =>
        DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
}
