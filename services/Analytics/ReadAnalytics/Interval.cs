namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>The length of one point of a trend, in the viewer's calendar. Weeks start on Monday (ISO 8601).</summary>
public enum Interval
{
    Hour,
    Day,
    Week,
    Month,
}
