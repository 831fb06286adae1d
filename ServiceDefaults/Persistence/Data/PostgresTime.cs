namespace LinkShort.ServiceDefaults.Data;

public static class PostgresTime
{
    /// <summary>In UTC and cut to PostgreSQL's precision, so that a response has the value that later reads return.</summary>
    public static DateTimeOffset ToMicroseconds(this DateTimeOffset value) =>
        value.ToUniversalTime().AddTicks(-(value.Ticks % TimeSpan.TicksPerMicrosecond));
}
