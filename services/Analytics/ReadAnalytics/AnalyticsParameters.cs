using System.ComponentModel;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>The query parameters of both endpoints, as sent.</summary>
/// <remarks>Properties instead of a primary constructor: ASP.NET's OpenAPI document fails on descriptions of constructor parameters.</remarks>
public sealed record AnalyticsParameters
{
    [FromQuery(Name = "from")]
    [Description("Start of the range: a time (RFC 3339) or a date in `tz`. Default: 30 days, including the last day of the range.")]
    public string? From { get; init; }

    [FromQuery(Name = "to")]
    [Description("End of the range: a time (exclusive) or a date (inclusive). Default: now.")]
    public string? To { get; init; }

    [FromQuery(Name = "interval")]
    [Description("Interval of the trend: hour, day (default), week (ISO, from Monday) or month.")]
    public string? Interval { get; init; }

    [FromQuery(Name = "tz")]
    [Description("IANA time zone of the days, weeks and months, e.g. Europe/Berlin. Default: UTC.")]
    public string? TimeZone { get; init; }

    /// <inheritdoc cref="AnalyticsQuery.Parse"/>
    public AnalyticsQuery? Parse(DateTimeOffset now, ValidationErrors errors) => AnalyticsQuery.Parse(From, To, Interval, TimeZone, now, errors);
}
