using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LinkShort.FakeStripe;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;

namespace LinkShort.SystemTests;

/// <summary>An installation that sells plans, at a Stripe that is a program of ours: from free to paid and back.</summary>
[Collection(nameof(SystemsOfTheirOwn))]
public sealed partial class PurchaseTests(ChromiumFixture chromium)
{
    private const int FreeLinks = 50;
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task A_person_hits_the_limit_of_Free_pays_goes_on_changes_to_yearly_cancels_and_is_Free_after_the_period()
    {
        using var timeout = new CancellationTokenSource(StartTimeout);
        var (stripe, world) = await OpenStripeAsync();
        await using var stripeOfThisTest = stripe;
        var operatorEmail = $"operator-{Guid.NewGuid():N}@example.com";
        await using var model = await RunningModel.StartAsync<Projects.AppHost>(
            ["--LINKSHORT_PORT=0", "--LINKSHORT_REDIRECT_PORT=0"], builder => Configure(builder, stripe.Urls.First(), operatorEmail), WholeSystem.Services, timeout.Token);
        var gateway = model.App.GetEndpoint("gateway", "http");
        world.WebhookUrl = new Uri(gateway, "/api/v1/billing/webhook");
        await using var context = await chromium.NewContextAsync(new BrowserNewContextOptions { BaseURL = gateway.AbsoluteUri, UserAgent = LinkShortClient.BrowserUserAgent, Locale = "en-US" });
        var page = await context.NewPageAsync();

        // Signs up, and uses what Free includes.
        var email = $"buyer-{Guid.NewGuid():N}@example.com";
        await SignUpAsync(page, email);
        using var api = await LinkShortClient.SignInAsync(gateway, email);
        for (var number = 0; number < FreeLinks; number++)
        {
            await api.CreateLinkAsync($"https://example.com/{number}");
        }

        await TryToCreateAsync(page, "https://example.com/one-too-many");
        await page.Locator(".plan-limit").GetByText("Links this month: 50 of 50").WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "See what Pro includes" }).First.ClickAsync();

        // Pays, and can create links immediately.
        await page.GetByRole(AriaRole.Button, new() { Name = "Choose Pro" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Pay", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Heading, new() { Name = "Welcome to LinkShort Pro!" }).WaitForAsync();
        await TryToCreateAsync(page, "https://example.com/after-paying");
        await page.Locator(".toast-card").GetByText("Your short link is ready.").WaitForAsync();
        await MailFolder.ArrivesAsync(model.DataDirectory, email, "Welcome to LinkShort Pro!");

        // Changes to yearly, and cancels.
        await page.GotoAsync("/app/settings/billing");
        await page.GetByRole(AriaRole.Link, new() { Name = "Change plan" }).ClickAsync();
        await page.GetByLabel("Pro $50.00 a year").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = ChangeAndPay() }).ClickAsync();
        await page.GetByText("The workspace is on Pro now.").WaitForAsync();
        await page.GetByText("$50.00 a year").First.WaitForAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Cancel plan" }).ClickAsync();
        await page.GetByLabel("I don’t use it enough").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel plan" }).ClickAsync();
        await page.GetByText("Cancelled. Pro stays until").WaitForAsync();

        // The period ends.
        world.Advance(TimeSpan.FromDays(367));
        await Eventually.BecomesAsync(() => PlanAsync(api), plan => plan == "free");
        await Eventually.PassesAsync(async () =>
        {
            await page.GotoAsync("/app/settings/billing");
            (await page.Locator(".plan-name").InnerTextAsync()).ShouldStartWith("Free");
        });
        await TryToCreateAsync(page, "https://example.com/after-the-period");
        await page.Locator(".plan-limit").GetByText("Links this month: 51 of 50").WaitForAsync();

        // Every step is in the audit log, and in revenue.
        await Eventually.PassesAsync(async () =>
        {
            await page.GotoAsync("/app/audit-log?action=subscription.*");
            var log = await page.Locator(".audit-rows").InnerTextAsync();
            log.ShouldContain("started a checkout");
            log.ShouldContain("moved the workspace to the plan “pro”");
            log.ShouldContain("chose a higher plan or a longer interval");
            log.ShouldContain("cancelled the plan");
            log.ShouldContain("moved the workspace to the plan “free”");
        });
        await RevenueShowsAsync(model, gateway, operatorEmail);
    }

    private static async Task<(WebApplication Stripe, StripeWorld World)> OpenStripeAsync()
    {
        StripeWorld? world = null;
        var stripe = StripeServer.Build(["--urls", "http://127.0.0.1:0"], created =>
        {
            world = created;
            created.AddPrice("price_pro_month", 500, "usd", "month");
            created.AddPrice("price_pro_year", 5_000, "usd", "year");
            created.AddPrice("price_business_month", 3_900, "usd", "month");
            created.AddPrice("price_business_year", 39_000, "usd", "year");
        }, isQuiet: true);
        await stripe.StartAsync();
        return (stripe, world!);
    }

    private static void Configure(IDistributedApplicationTestingBuilder builder, string stripe, string operatorEmail)
    {
        // As in WholeSystem.
        foreach (var name in WholeSystem.Services)
        {
            builder.CreateResourceBuilder<ProjectResource>(name).WithEnvironment("OTEL_SDK_DISABLED", "true").WithEnvironment("DOTNET_TieredPGO", "0");
        }

        builder.CreateResourceBuilder<ProjectResource>("gateway").WithEnvironment("RateLimits__CreateLink__PermitLimit", "100000")
            .WithEnvironment("RateLimits__ApiCall__PermitLimit", "100000").WithEnvironment("RateLimits__FirstParty__PermitLimit", "100000");
        builder.CreateResourceBuilder<ProjectResource>("identity").WithEnvironment("Identity__PasswordHashIterations", "100000").WithEnvironment("Admin__Emails", operatorEmail);
        builder.CreateResourceBuilder<ProjectResource>("billing")
            .WithEnvironment("Stripe__ApiKey", "sk_test_fake").WithEnvironment("Stripe__ApiBase", stripe).WithEnvironment("Stripe__WebhookSecret", "whsec_fake")
            // Paid from the first day, so that the purchase is revenue.
            .WithEnvironment("Billing__TrialDays", "0")
            .WithEnvironment("Billing__Plans__pro__Month__PriceId", "price_pro_month").WithEnvironment("Billing__Plans__pro__Year__PriceId", "price_pro_year")
            .WithEnvironment("Billing__Plans__business__Month__PriceId", "price_business_month").WithEnvironment("Billing__Plans__business__Year__PriceId", "price_business_year");
    }

    private static async Task SignUpAsync(IPage page, string email)
    {
        await page.GotoAsync("/app/signup");
        await page.GetByLabel("Email", new() { Exact = true }).FillAsync(email);
        await page.GetByLabel("Password").FillAsync(LinkShortClient.Password);
        await page.GetByLabel("I accept the terms of use").CheckAsync();
        await page.GetByLabel("I have read the privacy notice").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Create account" }).ClickAsync();
        await page.WaitForURLAsync("**/app/links");
    }

    private static async Task TryToCreateAsync(IPage page, string url)
    {
        await page.GotoAsync("/app/links");
        await page.GetByRole(AriaRole.Link, new() { Name = "New link" }).First.ClickAsync();
        var dialog = page.GetByRole(AriaRole.Dialog);
        await dialog.Locator("[name=url]").FillAsync(url);
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Create link" }).ClickAsync();
    }

    private static async Task<string?> PlanAsync(LinkShortClient api)
    {
        // Each change of the plan ends the tokens that name the old one.
        await api.SignInAsync();
        using var answer = await api.Http.GetAsync(new Uri("/api/v1/billing/subscription", UriKind.Relative));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("plan").GetString();
    }

    /// <summary>As an operator, which takes a confirmed address and two factors.</summary>
    private async Task RevenueShowsAsync(RunningModel model, Uri gateway, string operatorEmail)
    {
        await using var context = await chromium.NewContextAsync(new BrowserNewContextOptions { BaseURL = gateway.AbsoluteUri, Locale = "en-US" });
        var page = await context.NewPageAsync();
        await SignUpAsync(page, operatorEmail);
        await page.GotoAsync(await MailFolder.LinkAsync(model.DataDirectory, operatorEmail, "verify"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Confirm email address" }).ClickAsync();
        await page.WaitForURLAsync(url => !url.Contains("token=", StringComparison.Ordinal));
        await page.GotoAsync("/app/security/authenticator");
        await page.GetByRole(AriaRole.Button, new() { Name = "Start setup" }).ClickAsync();
        var secret = await page.GetByLabel("Secret", new() { Exact = true }).InputValueAsync();
        await page.GetByLabel("Code", new() { Exact = true }).FillAsync(Totp.CodeOf(secret));
        await page.GetByRole(AriaRole.Button, new() { Name = "Turn on" }).ClickAsync();
        await page.GetByText("they won't be shown again").WaitForAsync();

        await Eventually.PassesAsync(async () =>
        {
            await page.GotoAsync("/app/admin/revenue");
            var table = await page.Locator("table", new() { HasText = "Reactivation" }).First.TextContentAsync(new() { Timeout = 2_000 });
            // 5.00 a month was new, a yearly price is 4.17 a month, and nothing of it is left.
            table.ShouldNotBeNull().ShouldContain("5.00");
            table.ShouldMatch(@"4\.1[67]");
        });
    }

    [GeneratedRegex(@"^Change and pay \$\d+\.\d\d$")]
    private static partial Regex ChangeAndPay();
}
