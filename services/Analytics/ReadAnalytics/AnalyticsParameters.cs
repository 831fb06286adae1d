using System.ComponentModel;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>The query parameters of both endpoints, as sent.</summary>
public readonly record struct AnalyticsParameters(
    [FromQuery(Name = "from")]
    [Description("Start of the range: a time (RFC 3339) or a date in `tz`. Default: 30 days, including the last day of the range.")]
    string? From,
    [FromQuery(Name = "to")]
    [Description("End of the range: a time (exclusive) or a date (inclusive). Default: now.")]
    string? To,
    [FromQuery(Name = "interval")]
    [Description("Interval of the trend: hour, day (default), week (ISO, from Monday) or month.")]
    string? Interval,
    [FromQuery(Name = "tz")]
    [Description("IANA time zone of the days, weeks and months, e.g. Europe/Berlin. Default: UTC.")]
    string? TimeZone)
{
    /// <inheritdoc cref="AnalyticsQuery.Parse"/>
    public AnalyticsQuery? Parse(DateTimeOffset now, ValidationErrors errors) => AnalyticsQuery.Parse(From, To, Interval, TimeZone, now, errors);
}
