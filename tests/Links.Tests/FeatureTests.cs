using System.Net;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Features;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Links.Tests;

/// <summary>Feature flags, views and suspensions that come from identity.</summary>
public sealed class FeatureTests(LinksFixture fixture)
{
    [Fact]
    public async Task Creating_links_is_refused_once_the_flag_is_off_and_everything_else_works()
    {
        await using var links = await fixture.StartAsync();
        await using var events = await EventTap.StartAsync(links.Messaging);
        using var spammer = links.ClientOf();
        using var other = links.ClientOf();
        var kept = await spammer.CreatedAsync();
        await ChangeAsync(new FeatureRule(null, [other.Workspace], null, null), new FeatureRule(null, null, ["pro"], null));
        await Eventually.PassesAsync(async () =>
            (await spammer.CreateAsync(new { url = "https://example.com/" })).ShouldBeProblem(HttpStatusCode.Forbidden, "feature-unavailable"));
        await other.CreatedAsync();
        (await spammer.GetAsync(kept["id"]!)).Status.ShouldBe(HttpStatusCode.OK);
        (await spammer.ChangeAsync(kept["id"]!, new { title = "still mine" })).Status.ShouldBe(HttpStatusCode.OK);

        await ChangeAsync();
        await Eventually.PassesAsync(async () => (await spammer.CreateAsync(new { url = "https://example.com/" })).Status.ShouldBe(HttpStatusCode.Created));

        async Task ChangeAsync(params FeatureRule[] rules)
        {
            var revision = TimeProvider.System.GetUtcNow().Ticks;
            await events.PublishAsync(new FeatureFlagChanged(
                "link-creation", new FeatureFlag("link-creation", true, FeatureSubjects.User, rules, [], revision), revision, TimeProvider.System.GetUtcNow()));
        }
    }

    [Fact]
    public async Task Flags_are_read_from_identity_at_the_start_and_links_starts_without_it()
    {
        await using var identity = await TokenIssuer.StartAsync();
        identity.Features = new CurrentFeatureFlags(5, [new FeatureFlag("link-creation", false, FeatureSubjects.User, [], [], 5)]);
        await using var links = LinksService.Start(await fixture.Servers.SettingsAsync("linksdb", identity), identity);
        using var client = links.ClientOf();
        await Eventually.PassesAsync(async () =>
            (await client.CreateAsync(new { url = "https://example.com/" })).ShouldBeProblem(HttpStatusCode.Forbidden, "feature-unavailable"));

        // Events were missed, so the flags are read again.
        identity.Features = new CurrentFeatureFlags(6, []);
        await Eventually.PassesAsync(async () => (await client.CreateAsync(new { url = "https://example.com/" })).Status.ShouldBe(HttpStatusCode.Created));

        var settings = await fixture.Servers.SettingsAsync("linksdb", identity);
        settings["services:identity:http:0"] = "http://127.0.0.1:9";
        await using var alone = LinksService.Start(settings, identity);
        alone.Services.GetRequiredService<FeatureFlags>().Names.ShouldBeEmpty();
        (await alone.Services.GetRequiredService<Features>().IsEnabledAsync(
            ProductFeatures.LinkCreation, new FeatureSubject(Guid.NewGuid(), Guid.NewGuid(), "free"), TestContext.Current.CancellationToken)).ShouldBeTrue("its fallback");
    }

    [Fact]
    public async Task An_operator_who_views_an_account_changes_no_link_and_their_reads_are_logged()
    {
        using var owner = fixture.Links.ClientOf();
        var link = await owner.CreatedAsync();
        var by = Guid.CreateVersion7();
        // With every scope, so that only the claim matters.
        using var looking = fixture.Links.Anonymous(fixture.Identity.Token(owner.Workspace, change: token => token.Claims[Tokens.Claims.ViewedBy] = by.ToString()));
        (await looking.GetAsync($"/api/v1/links/{link["id"]}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var (method, path, body) in new (HttpMethod, string, string?)[]
        {
            (HttpMethod.Post, "/api/v1/links", """{"url":"https://example.com/"}"""), (HttpMethod.Patch, $"/api/v1/links/{link["id"]}", """{"title":"x"}"""),
            (HttpMethod.Delete, $"/api/v1/links/{link["id"]}", null), (HttpMethod.Post, $"/api/v1/links/{link["id"]}/archive", "{}"),
            (HttpMethod.Post, $"/api/v1/links/{link["id"]}/restore", "{}"),
        })
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            using var response = await looking.SendAsync(request);
            response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await response.Content.ReadAsStringAsync()).ShouldContain("/problems/view-only");
        }

        (await owner.GetAsync(link["id"]!)).Json["version"]!.GetValue<long>().ShouldBe(1);
        var entry = (await fixture.Events.AuditedAsync($"/api/v1/links/{link["id"]}", 1)).ShouldHaveSingleItem();
        entry.ShouldSatisfyAllConditions(
            () => entry.Action.ShouldBe("account.read"), () => entry.ActorKind.ShouldBe("operator"), () => entry.ActorId.ShouldBe(by), () => entry.WorkspaceId.ShouldBe(owner.Workspace));
    }

    [Fact]
    public async Task A_workspace_that_identity_suspends_is_suspended_here_in_any_order_of_events()
    {
        using var client = fixture.Links.ClientOf();
        var link = await client.CreatedAsync();
        await SendAsync(true, 3);
        await Eventually.PassesAsync(async () =>
            (await client.ChangeAsync(link["id"]!, new { title = "x" })).ShouldBeProblem(HttpStatusCode.Forbidden, "workspace-suspended"));
        (await client.GetAsync(link["id"]!)).Status.ShouldBe(HttpStatusCode.OK);

        // The late restoration of an earlier suspension.
        await SendAsync(false, 2);
        await SendAsync(true, 4, "and again");
        await Eventually.PassesAsync(async () => (await ListedAsync()).ShouldContain("and again"));
        (await client.ChangeAsync(link["id"]!, new { title = "x" })).ShouldBeProblem(HttpStatusCode.Forbidden, "workspace-suspended");

        await SendAsync(false, 5);
        await Eventually.PassesAsync(async () => (await client.ChangeAsync(link["id"]!, new { title = "x" })).Status.ShouldBe(HttpStatusCode.OK));

        Task SendAsync(bool suspended, long version, string? reason = "spam") =>
            fixture.Events.PublishAsync(new WorkspaceSuspensionChanged(client.Workspace, suspended, suspended ? reason : null, version, TimeProvider.System.GetUtcNow()));

        async Task<string> ListedAsync()
        {
            using var services = fixture.Links.Internal();
            return await services.GetStringAsync("/internal/suspensions");
        }
    }
}
