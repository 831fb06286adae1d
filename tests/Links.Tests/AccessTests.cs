using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Links.Tests;

/// <summary>The permissions of endpoints, and invalid tokens.</summary>
public sealed class AccessTests(LinksFixture fixture)
{
    /// <summary>A new endpoint needs a row.</summary>
    private static readonly Dictionary<string, string> Rows = new()
    {
        ["GET /api/v1/links"] = Permissions.LinksRead,
        ["GET /api/v1/links/{id}"] = Permissions.LinksRead,
        ["GET /api/v1/links/{id}/qr"] = Permissions.LinksRead,
        ["GET /api/v1/links/title"] = Permissions.LinksWrite,
        ["GET /api/v1/links/availability"] = Permissions.LinksWrite,
        ["POST /api/v1/links/evaluate"] = Permissions.LinksWrite,
        ["GET /api/v1/utm-templates"] = Permissions.LinksRead,
        ["GET /api/v1/utm-templates/{id}"] = Permissions.LinksRead,
        ["POST /api/v1/utm-templates"] = Permissions.LinksWrite,
        ["PATCH /api/v1/utm-templates/{id}"] = Permissions.LinksWrite,
        ["DELETE /api/v1/utm-templates/{id}"] = Permissions.LinksWrite,
        ["GET /api/v1/qr-logo"] = Permissions.LinksRead,
        ["PUT /api/v1/qr-logo"] = Permissions.LinksWrite,
        ["DELETE /api/v1/qr-logo"] = Permissions.LinksWrite,
        ["POST /api/v1/links"] = Permissions.LinksWrite,
        ["PATCH /api/v1/links/{id}"] = Permissions.LinksWrite,
        ["DELETE /api/v1/links/{id}"] = Permissions.LinksWrite,
        ["PATCH /api/v1/links"] = Permissions.LinksWrite,
        ["GET /api/v1/tags"] = Permissions.LinksRead,
        ["POST /api/v1/links/{id}/duplicate"] = Permissions.LinksWrite,
        ["POST /api/v1/links/{id}/archive"] = Permissions.LinksWrite,
        ["POST /api/v1/links/{id}/restore"] = Permissions.LinksWrite,
    };

    [Fact]
    public async Task Every_endpoint_admits_whom_the_table_of_permissions_admits()
    {
        using var owner = fixture.Links.ClientOf();
        using var client = fixture.Links.Anonymous();

        (await AuthorizationMatrix.ViolationsAsync(fixture.Links.Services, client, Rows, PrepareAsync)).ShouldBeEmpty();

        async Task<PreparedRequest> PrepareAsync(AccessAttempt attempt)
        {
            var id = !attempt.Endpoint.Contains("{id}", StringComparison.Ordinal) ? ""
                : attempt.Endpoint.Contains("utm-templates", StringComparison.Ordinal)
                    ? (string)(await owner.SendAsync(HttpMethod.Post, "/api/v1/utm-templates", new { name = Guid.NewGuid().ToString("N"), utm = new { source = "a" } })).Json["id"]!
                    : (string)(await owner.CreatedAsync())["id"]!;
            var workspace = attempt.IsElsewhere ? Guid.CreateVersion7() : owner.Workspace;
            var token = attempt.Role is { } role
                ? fixture.Identity.Token(workspace, role: Permissions.NameOf(role), scopes: attempt.Scopes, change: attempt.Apply)
                : null;
            return new PreparedRequest(attempt.Endpoint.Split(' ')[1].Replace("{id}", id, StringComparison.Ordinal).Replace("{kind}", "link", StringComparison.Ordinal), token);
        }
    }

    [Fact]
    public async Task Forged_expired_foreign_and_revoked_tokens_are_refused()
    {
        using var client = fixture.Links.Anonymous();
        (await TokenAttacks.SucceededAsync(fixture.Links.Services, client, fixture.Identity, "/api/v1/links", Guid.CreateVersion7())).ShouldBeEmpty();
    }
}
