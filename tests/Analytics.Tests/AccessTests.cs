using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

/// <summary>Permissions of all endpoints, and tokens that are refused.</summary>
public sealed class AccessTests(AnalyticsFixture fixture)
{
    /// <summary>Every endpoint needs a row.</summary>
    private static readonly Dictionary<string, string> Rows = new()
    {
        ["GET /api/v1/links/{id}/analytics"] = Permissions.AnalyticsRead,
        ["GET /api/v1/analytics/daily-clicks"] = Permissions.AnalyticsRead,
        ["GET /api/v1/analytics"] = Permissions.AnalyticsRead,
    };

    [Fact]
    public async Task Every_endpoint_admits_whom_the_table_of_permissions_admits()
    {
        var (workspace, link) = await fixture.Service.KnownLinkAsync();
        using var client = fixture.Service.AnonymousClient();

        (await AuthorizationMatrix.ViolationsAsync(fixture.Service.Services, client, Rows, attempt =>
        {
            var token = attempt.Role is { } role
                ? fixture.Service.Identity.Token(attempt.IsElsewhere ? Guid.CreateVersion7() : workspace, role: Permissions.NameOf(role), scopes: attempt.Scopes, change: attempt.Apply)
                : null;
            return Task.FromResult(new PreparedRequest(attempt.Endpoint.Split(' ')[1].Replace("{id}", link.ToString(), StringComparison.Ordinal), token));
        })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Forged_expired_foreign_and_revoked_tokens_are_refused()
    {
        using var client = fixture.Service.AnonymousClient();
        (await TokenAttacks.SucceededAsync(fixture.Service.Services, client, fixture.Service.Identity, "/api/v1/analytics", Guid.CreateVersion7())).ShouldBeEmpty();
    }
}
