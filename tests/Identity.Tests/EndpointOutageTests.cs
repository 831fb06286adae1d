using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>Every endpoint during outages, on servers that these tests stop. identity needs no Redis.</summary>
[Collection(nameof(OutageServers))]
public sealed class EndpointOutageTests(OutageServers outage)
{
    /// <summary>Bodies for endpoints that refuse an empty object before they reach the database.</summary>
    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["POST /api/v1/auth/register"] = """{"email":"new@example.com","password":"Correct-Horse-7-Battery"}""",
        ["POST /api/v1/auth/login"] = """{"email":"new@example.com","password":"Correct-Horse-7-Battery"}""",
        ["POST /api/v1/auth/refresh"] = """{"refreshToken":"REFRESH"}""",
        ["POST /api/v1/auth/logout"] = """{"refreshToken":"REFRESH"}""",
        ["POST /api/v1/auth/switch"] = """{"workspaceId":"WORKSPACE"}""",
        ["POST /api/v1/auth/confirm"] = """{"password":"Correct-Horse-7-Battery"}""",
        ["POST /api/v1/auth/email/verify"] = """{"token":"VERIFY"}""",
        ["POST /api/v1/auth/email/resend"] = """{"email":"new@example.com"}""",
        ["POST /api/v1/auth/email/change/confirm"] = """{"token":"VERIFY"}""",
        ["POST /api/v1/auth/email/change/cancel"] = """{"token":"VERIFY"}""",
        ["POST /api/v1/auth/password/forgot"] = """{"email":"new@example.com"}""",
        ["POST /api/v1/auth/password/reset"] = """{"token":"RESET","password":"Another-Horse-8-Battery"}""",
        ["POST /api/v1/me/password"] = """{"currentPassword":"Correct-Horse-7-Battery","newPassword":"Another-Horse-8-Battery"}""",
        ["POST /api/v1/me/email"] = """{"email":"other@example.com","password":"Correct-Horse-7-Battery"}""",
        ["PATCH /api/v1/me"] = """{"name":"Ada"}""",
        ["DELETE /api/v1/me"] = """{"password":"Correct-Horse-7-Battery"}""",
        ["POST /api/v1/workspaces"] = """{"name":"Team"}""",
        ["PATCH /api/v1/workspaces/{id}"] = """{"name":"Team"}""",
        ["POST /api/v1/workspaces/{id}/transfer"] = """{"userId":"WORKSPACE"}""",
        ["PATCH /api/v1/workspaces/{id}/members/{userId}"] = """{"role":"viewer"}""",
        ["POST /api/v1/workspaces/{id}/invitations"] = """{"email":"guest@example.com","role":"member"}""",
        ["POST /api/v1/invitations/preview"] = """{"token":"VERIFY"}""",
        ["POST /api/v1/invitations/accept"] = """{"token":"VERIFY"}""",
        ["POST /api/v1/invitations/decline"] = """{"token":"VERIFY"}""",
        ["POST /api/v1/api-keys"] = """{"name":"key","scopes":["links:read"]}""",
        ["PATCH /api/v1/api-keys/{id}"] = """{"name":"key"}""",
        ["POST /api/v1/api-keys/{id}/rotate"] = """{"overlapSeconds":60}""",
    };

    /// <summary>Endpoints that respond from memory.</summary>
    private static readonly string[] FromMemory =
    [
        "GET /api/v1/auth/consents", "GET /api/v1/me/features", "POST /api/v1/me/features/{name}/exposed",
        // Providers are settings, so an unknown name is refused without the database.
        "GET /api/v1/auth/sso/providers", "GET /api/v1/auth/sso/{provider}/start",
    ];

    [Fact]
    public async Task Without_PostgreSQL_every_endpoint_says_so_and_uses_nothing_up()
    {
        await outage.StartAllAsync();
        await using var identity = await IdentityApplication.StartAsync(outage.Servers);
        var account = await identity.RegisterAsync();
        var tokens = await account.LogInAsync();
        using var client = identity.Host.CreateClient(tokens.AccessToken);
        (await client.PostAsJsonAsync("/api/v1/auth/password/forgot", new { email = account.Email })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var (verify, reset) = (await identity.VerificationAsync(account.Id), await identity.ResetAsync(account.Id));
        var endpoints = AuthorizationMatrix.EndpointsOf(identity.Host.Services);
        endpoints.Count.ShouldBeGreaterThan(60);
        Bodies.Keys.Except(endpoints).ShouldBeEmpty();

        await outage.StopAsync(Servers.Postgres);
        var wrong = new List<string>();
        foreach (var endpoint in endpoints)
        {
            var path = endpoint.Split(' ')[1];
            using var request = new HttpRequestMessage(new HttpMethod(endpoint.Split(' ')[0]), Fill(path, account));
            var body = Bodies.GetValueOrDefault(endpoint, "{}");
            request.Content = request.Method == HttpMethod.Get || (request.Method == HttpMethod.Delete && body == "{}") ? null : new StringContent(
                body.Replace("REFRESH", tokens.RefreshToken, StringComparison.Ordinal).Replace("VERIFY", verify, StringComparison.Ordinal)
                    .Replace("RESET", reset, StringComparison.Ordinal).Replace("WORKSPACE", account.WorkspaceId.ToString(), StringComparison.Ordinal),
                null, "application/json");
            using var response = await client.SendAsync(request);
            var status = (int)response.StatusCode;
            // Refused before the database: by the caller's permissions, or by validation.
            var isRefused = status is 401 or 403 or 404 && path.StartsWith("/api/v1/admin", StringComparison.Ordinal) || (status is 400 && !Bodies.ContainsKey(endpoint));
            if (FromMemory.Contains(endpoint) ? status >= 500 : !isRefused && (status != 503 || response.Headers.RetryAfter is null))
            {
                wrong.Add($"{endpoint}: {status} {await response.Content.ReadAsStringAsync()}");
            }
        }

        wrong.ShouldBeEmpty();
        await outage.StartAgainAsync(Servers.Postgres);
        await Eventually.PassesAsync(async () => (await client.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.OK));
        (await client.PostAsJsonAsync("/api/v1/auth/email/verify", new { token = verify })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken })).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await client.PostAsJsonAsync("/api/v1/auth/password/reset", new { token = reset, password = "Another-Horse-8-Battery" })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Without_RabbitMQ_everything_works_and_events_follow_later()
    {
        await outage.StartAllAsync();
        await using var identity = await IdentityApplication.StartAsync(outage.Servers);
        var account = await identity.RegisterAsync();
        var verify = await identity.VerificationAsync(account.Id);
        using var other = await account.SignedInAsync();
        using var client = await account.SignedInAsync();

        await outage.StopAsync(Servers.RabbitMq);
        await ShouldBeAsync(HttpStatusCode.NoContent, client.PostAsJsonAsync("/api/v1/auth/email/verify", new { token = verify }));
        await ShouldBeAsync(HttpStatusCode.NoContent, client.PostAsJsonAsync("/api/v1/auth/password/forgot", new { email = account.Email }));
        await ShouldBeAsync(HttpStatusCode.NoContent, client.PostAsJsonAsync("/api/v1/auth/email/resend", new { email = account.Email }));
        using var created = await client.PostAsJsonAsync("/api/v1/workspaces", new { name = "Team" });
        var team = await created.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.Created);
        await ShouldBeAsync(HttpStatusCode.Created, client.PostAsJsonAsync($"/api/v1/workspaces/{team.Id}/invitations", new { email = "guest@example.com", role = "member" }));
        await client.EnableAppAsync();
        await ShouldBeAsync(HttpStatusCode.NoContent, client.DeleteAsync("/api/v1/me/sessions"));
        await Eventually.PassesAsync(async () => (await other.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized));

        await outage.StartAgainAsync(Servers.RabbitMq);
        await identity.Events.HearsAsync<WorkspaceCreated>(e => e.WorkspaceId == team.Id);
        await identity.Events.HearsAsync<InvitationCreated>(e => e.WorkspaceId == team.Id);
        await identity.ResetAsync(account.Id);
        await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == account.Id && e.Kind == SecurityNoticeKinds.TwoFactorEnabled);
        identity.Events.Heard<InvitationCreated>(e => e.WorkspaceId == team.Id).Count.ShouldBe(1);

        static async Task ShouldBeAsync(HttpStatusCode status, Task<HttpResponseMessage> sent)
        {
            using var response = await sent;
            response.StatusCode.ShouldBe(status, await response.Content.ReadAsStringAsync());
        }
    }

    private static string Fill(string path, Account account) => path
        .Replace("{id}", account.WorkspaceId.ToString(), StringComparison.Ordinal)
        .Replace("{name}", "registrations", StringComparison.Ordinal)
        .Replace("{userId}", account.Id.ToString(), StringComparison.Ordinal)
        .Replace("{invitationId}", Guid.CreateVersion7().ToString(), StringComparison.Ordinal);
}
