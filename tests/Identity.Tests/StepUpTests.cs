using System.Net;
using System.Net.Http.Json;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

/// <summary>Every change of an account requires a recent proof of its own credentials.</summary>
public sealed class StepUpTests(IdentityApplication identity)
{
    /// <summary>Changes under <see cref="Permissions.Profile"/>: of the session, or of how the app looks. Everything else is the account's.</summary>
    private static readonly string[] NoChangesOfTheAccount =
    [
        "PATCH /api/v1/me", "POST /api/v1/auth/confirm", "POST /api/v1/auth/switch", "POST /api/v1/announcements/{id}/dismiss",
        "POST /api/v1/me/features/{name}/exposed",
    ];

    [Fact]
    public void Every_change_of_the_account_requires_a_step_up_or_says_why_not()
    {
        var changes = Changes().ToList();
        changes.Where(change => change.Permission == Permissions.Profile && change.Endpoint.Metadata.GetMetadata<Workspaces.WorkspacePermission>() is null)
            .Select(change => change.Name).ShouldBe(NoChangesOfTheAccount, ignoreOrder: true);
        var ofAccount = changes.Where(change => Permissions.NeedOwnCredentials.Contains(change.Permission)).ToList();
        ofAccount.Count.ShouldBeGreaterThan(20);
        ofAccount.Where(change => change.Endpoint.Metadata.GetMetadata<RecentSignIn.Requirement>() is null == change.Endpoint.Metadata.GetMetadata<StepUpExemption>() is null)
            .Select(change => change.Name).ShouldBeEmpty("RequireStepUp(), or WithoutStepUp(because)");
    }

    [Fact]
    public async Task An_old_sign_in_is_refused_by_every_change_of_the_account()
    {
        using var client = await OldSessionAsync(await identity.RegisterAsync());
        (await RefusedAsync(client)).ShouldBe(SteppedUp(), ignoreOrder: true);

        using var confirmed = await client.PostAsJsonAsync("/api/v1/auth/confirm", new { password = Account.Password });
        using var recent = identity.Host.CreateClient((await confirmed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        (await RefusedAsync(recent)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_password_alone_is_refused_once_the_account_has_a_second_factor()
    {
        var account = await identity.RegisterAsync();
        using var old = await account.SignedInAsync();
        using var enabling = await account.SignedInAsync();
        var (app, _) = await enabling.EnableAppAsync();

        (await RefusedAsync(old)).ShouldBe(SteppedUp(), ignoreOrder: true);
        using var confirmed = await old.PostAsJsonAsync("/api/v1/auth/confirm", new { password = Account.Password, code = app.NextCode() });
        using var recent = identity.Host.CreateClient((await confirmed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        (await RefusedAsync(recent)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_archive_of_an_export_requires_a_recent_sign_in_and_its_state_does_not()
    {
        var account = await identity.RegisterAsync();
        using var starting = await account.SignedInAsync();
        using var started = await starting.PostAsync("/api/v1/me/export", null);
        var export = (await started.ShouldBeAsync<ExportBody>(HttpStatusCode.Accepted)).Id;
        await identity.ExecuteAsync("update exports set state = 'ready', ready_at = now(), archive = 'PK' where id = @export", new { export });

        using var old = await OldSessionAsync(account);
        using var refused = await old.GetAsync($"/api/v1/me/export/{export}");
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "recent-sign-in-required");
        old.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        using var state = await old.GetAsync($"/api/v1/me/export/{export}");
        (await state.ShouldBeAsync<ExportBody>(HttpStatusCode.OK)).State.ShouldBe("ready");
        using var archive = await starting.GetAsync($"/api/v1/me/export/{export}");
        (await archive.Content.ReadAsStringAsync()).ShouldBe("PK");
    }

    private async Task<HttpClient> OldSessionAsync(Account account)
    {
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync("update sessions set authenticated_at = now() - interval '16 minutes' where user_id = @Id", new { account.Id });
        using var anonymous = identity.Host.CreateClient();
        using var refreshed = await anonymous.PostAsJsonAsync("/api/v1/auth/refresh", new { tokens.RefreshToken });
        return identity.Host.CreateClient((await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
    }

    private IEnumerable<string> SteppedUp() => Changes().Where(change => change.Endpoint.Metadata.GetMetadata<RecentSignIn.Requirement>() is not null
        && Permissions.NeedOwnCredentials.Contains(change.Permission)).Select(change => change.Name);

    /// <summary>Sends a valid request to each, the deletion of the account last.</summary>
    private async Task<List<string>> RefusedAsync(HttpClient client)
    {
        var refused = new List<string>();
        foreach (var name in SteppedUp().OrderBy(name => name == "DELETE /api/v1/me"))
        {
            using var request = new HttpRequestMessage(new HttpMethod(name.Split(' ')[0]), name.Split(' ')[1]
                .Replace("{id}", Guid.NewGuid().ToString(), StringComparison.Ordinal).Replace("{provider}", "unknown", StringComparison.Ordinal));
            request.Content = new StringContent(Bodies.GetValueOrDefault(name, "{}"), Encoding.UTF8, "application/json");
            using var response = await client.SendAsync(request);
            if ((await response.Content.ReadAsStringAsync()).Contains("/problems/recent-sign-in-required", StringComparison.Ordinal))
            {
                response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
                refused.Add(name);
            }
        }

        return refused;
    }

    private static readonly Dictionary<string, string> Bodies = new(AccessTests.Bodies)
    {
        ["POST /api/v1/me/password"] = """{"currentPassword":"Wrong-Horse-7-Battery","newPassword":"Another-Horse-8-Battery"}""",
        ["POST /api/v1/me/email"] = """{"email":"new@example.com"}""",
        ["POST /api/v1/me/2fa/enable"] = """{"code":"123456"}""",
        ["POST /api/v1/me/passkeys"] = """{"credential":{},"name":"Key"}""",
        ["PATCH /api/v1/me/passkeys/{id}"] = """{"name":"Key"}""",
    };

    private IEnumerable<(string Name, RouteEndpoint Endpoint, string Permission)> Changes() =>
        from endpoint in identity.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from permission in endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(data => data.Policy).OfType<string>()
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []
        where method != "GET"
        select ($"{method} /{endpoint.RoutePattern.RawText!.Trim('/')}", endpoint, permission);

    private sealed record ExportBody(Guid Id, string State);
}
