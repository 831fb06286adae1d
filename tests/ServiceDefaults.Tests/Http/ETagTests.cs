using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Tests.Http;

public sealed class ETagTests
{
    [Fact]
    public void The_tag_is_strong_quoted_and_of_the_version()
    {
        var context = new DefaultHttpContext();
        ETags.Write(context.Response, 7);
        context.Response.Headers.ETag.ToString().ShouldBe("\"v7\"");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("*", true)]
    [InlineData("\"v7\"", true)]
    [InlineData("\"v6\", \"v7\"", true)]
    [InlineData("\"v6\"", false)]
    [InlineData("\"v77\"", false)]
    [InlineData("\"V7\"", false)]
    // RFC 9110, 13.1.1: If-Match compares strongly, a weak tag never matches.
    [InlineData("W/\"v7\"", false)]
    [InlineData("v7", false)]
    [InlineData("", false)]
    [InlineData("\"v7", false)]
    public void If_Match_lets_through_only_its_version(string? header, bool expected)
    {
        var request = new DefaultHttpContext().Request;
        if (header is not null)
        {
            request.Headers.IfMatch = header;
        }

        ETags.IfMatch(request, 7).ShouldBe(expected);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("*", true)]
    [InlineData("\"v7\"", true)]
    [InlineData("\"v6\", \"v7\"", true)]
    // RFC 9110, 13.1.2: If-None-Match compares weakly.
    [InlineData("W/\"v7\"", true)]
    [InlineData("\"v6\"", false)]
    [InlineData("v7", false)]
    [InlineData("", false)]
    public void If_None_Match_knows_its_version(string? header, bool expected)
    {
        var request = new DefaultHttpContext().Request;
        if (header is not null)
        {
            request.Headers.IfNoneMatch = header;
        }

        ETags.IfNoneMatch(request, 7).ShouldBe(expected);
    }
}
