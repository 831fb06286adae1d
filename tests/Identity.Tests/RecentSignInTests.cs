using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace LinkShort.Identity.Tests;

/// <summary>Operations that an unattended session must not be enough for.</summary>
public sealed class RecentSignInTests(IdentityApplication identity)
{
    [Fact]
    public async Task Deleting_or_transferring_a_workspace_and_deleting_the_account_require_a_recent_sign_in()
    {
        using var team = await Team.CreateAsync(identity);
        var heir = await team.AddAsync("member");
        var tokens = await team.Owner.LogInAsync();
        await identity.ExecuteAsync("update sessions set authenticated_at = now() - interval '16 minutes' where user_id = @Id", new { team.Owner.Id });
        using var anonymous = identity.Host.CreateClient();
        using var refreshed = await anonymous.PostAsJsonAsync("/api/v1/auth/refresh", new { tokens.RefreshToken });
        using var old = identity.Host.CreateClient((await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        var deeds = new Func<HttpClient, Task<HttpResponseMessage>>[]
        {
            client => client.PostAsJsonAsync($"{team.Path}/transfer", new { userId = heir.Id }),
            client => client.DeleteAsync(team.Path),
            client => client.SendRawAsync(HttpMethod.Delete, "/api/v1/me", "{}"u8.ToArray()),
            // The password doesn't replace the second factor.
            client => client.SendRawAsync(HttpMethod.Delete, "/api/v1/me", System.Text.Encoding.UTF8.GetBytes($$"""{"password":"{{Account.Password}}"}""")),
        };
        foreach (var deed in deeds)
        {
            using var refused = await deed(old);
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        }

        (await old.GetFromJsonAsync<WorkspaceBody>(team.Path))!.ShouldSatisfyAllConditions(
            workspace => workspace.Role.ShouldBe("owner"), workspace => workspace.DeletionScheduledAt.ShouldBeNull());
        (await old.GetFromJsonAsync<JsonNode>("/api/v1/me/erasure"))!["dueAt"].ShouldBeNull();

        using var confirmed = await old.PostAsJsonAsync("/api/v1/auth/confirm", new { password = Account.Password });
        using var recent = identity.Host.CreateClient((await confirmed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        using var deleted = await recent.DeleteAsync(team.Path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
