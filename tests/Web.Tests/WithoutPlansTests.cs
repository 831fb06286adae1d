using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>An installation that is somebody's own, without Stripe: prices are nowhere, and everything else works.</summary>
[Collection(nameof(WithoutPlans))]
public sealed class WithoutPlansTests(WithoutPlansStand stand)
{
    [Fact]
    public async Task No_page_mentions_prices()
    {
        using var nobody = new Visitor(stand.Web.Address);
        foreach (var path in new[] { "/", "/app/signin", "/legal/terms", "/problems/" })
        {
            var page = await nobody.GetAsync(path);
            page.Status.ShouldBe(HttpStatusCode.OK, path);
            page.Html.ShouldNotContain("/pricing", Case.Sensitive, path);
            page.Html.ShouldNotContain("id=\"plans\"", Case.Sensitive, path);
        }

        using var owner = await SignedInAsync();
        var before = stand.Api.Calls.Count;
        foreach (var path in new[] { "/app/links", "/app/team", "/app/workspace", "/app/settings" })
        {
            var page = await owner.GetAsync(path);
            page.Html.ShouldNotContain("/app/settings/billing", Case.Sensitive, path);
            page.Html.ShouldNotContain("plan-banner", Case.Sensitive, path);
        }

        stand.Api.Calls.Skip(before).ShouldNotContain(call => call.Path.StartsWith("/api/v1/billing", StringComparison.Ordinal) && call.Path != "/api/v1/billing/plans", "no page asks for what isn't there");
    }

    [Fact]
    public async Task The_addresses_of_plans_and_purchases_say_that_there_are_none()
    {
        using var owner = await SignedInAsync();
        var pricing = await owner.GetAsync("/pricing");
        pricing.Status.ShouldBe(HttpStatusCode.NotFound);
        pricing.Text.ShouldContain("This installation of LinkShort sells no plans.");
        foreach (var path in new[] { "/app/settings/billing", "/app/settings/billing/change", "/app/settings/billing/cancel" })
        {
            (await owner.GetAsync(path)).Status.ShouldBe(HttpStatusCode.NotFound, path);
        }

        (await owner.GetAsync("/billing/success?session_id=cs_test_1")).Text.ShouldContain("There is no such purchase in this workspace");
    }

    [Fact]
    public async Task A_limit_that_operators_set_names_them_instead_of_a_price()
    {
        using var owner = await SignedInAsync();
        using (stand.Api.Fail("POST", "/links", 402, "plan-limit-reached", "\"detail\":\"Used up.\",\"resource\":\"links\",\"limit\":50,\"used\":50,\"plan\":\"free\",\"upgradeTo\":null,\"upgradeUrl\":\"/pricing\""))
        {
            var refused = await owner.SubmitAsync("/app/links/new", "/app/links", ("url", "https://example.com/"));
            refused.Text.ShouldMatch("(?s)Links this month: 50 of 50 · .*Plan: free.*The operators of this installation set this limit\\.");
            refused.Html.ShouldNotContain("/pricing");
        }
    }

    [Fact]
    public async Task Operators_see_no_tab_for_revenue_and_its_page_says_so()
    {
        var op = stand.Api.Operator();
        using var visitor = new Visitor(stand.Web.Address);
        await visitor.SignInAsync(op.Email, op.Password);

        (await visitor.GetAsync("/app/admin/users")).Html.ShouldNotContain("/app/admin/revenue");
        var page = await visitor.GetAsync("/app/admin/revenue");
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Text.ShouldContain("This installation sells no plans");
    }

    private async Task<Visitor> SignedInAsync()
    {
        var account = stand.Api.AddAccount($"own-{Guid.NewGuid():N}@example.com", "correct horse battery", "Mira Okafor");
        var visitor = new Visitor(stand.Web.Address);
        await visitor.SignInAsync(account.Email, account.Password);
        return visitor;
    }
}

/// <summary>An API that sells nothing, and a web app.</summary>
public sealed class WithoutPlansStand(RedisFixture redis) : IAsyncLifetime
{
    internal FakeApi Api { get; private set; } = null!;

    internal WebApp Web { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Api = await FakeApi.StartAsync();
        Api.SellsPlans = false;
        Web = WebApp.Start(Api, await redis.NextDatabaseAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        await Api.DisposeAsync();
    }
}

[CollectionDefinition(nameof(WithoutPlans))]
public sealed class WithoutPlans : ICollectionFixture<WithoutPlansStand>;
