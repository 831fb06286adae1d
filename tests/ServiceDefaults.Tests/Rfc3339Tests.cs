using LinkShort.ServiceDefaults.Json;

namespace LinkShort.ServiceDefaults.Tests;

public sealed class Rfc3339Tests
{
    // RFC 3339, 5.8, and the ends of what .NET can hold.
    [Theory]
    [InlineData("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.5200000")]
    [InlineData("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.0000000")]
    [InlineData("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.8700000")]
    [InlineData("2024-02-29t00:00:00.000000099z", "2024-02-29T00:00:00.0000000")]
    [InlineData("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000")]
    [InlineData("9999-12-31T23:59:59.99999999Z", "9999-12-31T23:59:59.9999999")]
    [InlineData("9999-12-31T23:59:59+23:59", "9999-12-31T00:00:59.0000000")]
    public void A_time_with_an_offset_is_read(string text, string utc)
    {
        Rfc3339.TryParse(text, out var time, out var error).ShouldBeTrue(error);
        time.Offset.ShouldBe(TimeSpan.Zero);
        time.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", System.Globalization.CultureInfo.InvariantCulture).ShouldBe(utc);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Z")]
    [InlineData("1985-04-12")]
    [InlineData("1985-04-12T23:20:50")]
    [InlineData("1985-04-12T23:20:50 Z")]
    [InlineData("1985-04-12T23:20:50.Z")]
    [InlineData("1985-04-12T23:20:50,5Z")]
    [InlineData("1985-04-12T23:20:50ZZ")]
    [InlineData("1985-04-12T23:20:50+1:00")]
    [InlineData("1985-04-12T23:20:50+01:60")]
    [InlineData("1985-04-12T23:20:50+ 1:00")]
    [InlineData("1985-04-12T24:00:00Z")]
    [InlineData("1985-04-12T23:20:61Z")]
    [InlineData("1985-04-12T23:60:00Z")]
    [InlineData("1985-02-29T00:00:00Z")]
    [InlineData("1985-13-01T00:00:00Z")]
    [InlineData("+985-04-12T23:20:50Z")]
    [InlineData("0001-01-01T00:00:00+00:01")]
    [InlineData("9999-12-31T23:59:59-00:01")]
    [InlineData("1985-04-12T23:20:50\u2212 08:00")]
    public void Anything_else_is_refused(string text)
    {
        Rfc3339.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldBe(Rfc3339.Rule);
    }

    [Fact]
    public void A_leap_second_is_refused_with_what_to_send_instead()
    {
        Rfc3339.TryParse("1990-12-31T23:59:60Z", out _, out var error).ShouldBeFalse();
        error!.ShouldContain(":59");
    }
}
