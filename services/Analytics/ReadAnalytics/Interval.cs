namespace LinkShort.Analytics.ReadAnalytics;

/// <summary>The length of one point of a trend, in the viewer's calendar. Weeks are ISO 8601's: they begin on Monday.</summary>
public enum Interval
{
    Hour,
    Day,
    Week,
    Month,
}
