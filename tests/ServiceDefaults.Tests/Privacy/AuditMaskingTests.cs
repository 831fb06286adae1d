using LinkShort.ServiceDefaults.Logging;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Tests.Privacy;

public sealed class AuditMaskingTests
{
    private readonly AuditTrail _audit = new(new HttpContextAccessor(), TimeProvider.System);

    [Fact]
    public void Secrets_are_masked_by_name_at_any_depth_and_of_any_type()
    {
        var after = _audit.Entry("test.done", "test", 1, after: new
        {
            password = "PLANTED",
            hasPassword = true,
            recoveryCodes = new[] { "PLANTED" },
            nested = new { clientSecret = "PLANTED", list = new[] { new { apiKey = "PLANTED", tokenHash = 4711, apiKeyId = "kept-id" } } },
            credential = new { value = "PLANTED" },
            name = "kept",
        }).After!;

        after.ShouldNotContain("PLANTED");
        after.ShouldNotContain("4711");
        after.ShouldContain("\"hasPassword\":true");
        after.ShouldContain("kept-id");
        after.ShouldContain("\"name\":\"kept\"");
    }

    [Fact]
    public void Values_that_look_like_secrets_are_masked_everywhere()
    {
        var after = _audit.Entry("test.done", "test", 1, after: new
        {
            note = "use ls_live_0123456789abcdef please",
            list = new[] { "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl" },
        }).After!;

        after.ShouldNotContain("0123456789abcdef");
        after.ShouldNotContain("eyJ");
        after.ShouldContain(Redaction.Token);
    }

    [Fact]
    public void A_change_contains_only_what_differs()
    {
        var entry = _audit.Change("test.changed", "test", 1, new { a = 1, b = "x", c = new[] { 1 } }, new { a = 2, b = "x", c = new[] { 1 } });

        entry.Before.ShouldBe("""{"a":1}""");
        entry.After.ShouldBe("""{"a":2}""");
    }

    [Fact]
    public void A_very_long_value_is_replaced_by_its_length() =>
        _audit.Entry("test.done", "test", 1, after: new { text = new string('x', 100_000) }).After!.ShouldStartWith("""{"tooLong":1000""");
}
