using System.Net;
using System.Text.Json;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;

namespace LinkShort.Identity.Tests;

/// <summary>Debian's Chromium with virtual authenticators (WebAuthn's automation over CDP), on pages at localhost.</summary>
public sealed class PasskeyBrowser : IAsyncLifetime
{
    private readonly ChromiumFixture _chromium = new();
    private WebApplication _site = null!;
    private WebApplication _otherSite = null!;

    /// <summary>The product's <c>Identity__PublicUrl</c>.</summary>
    public string Origin { get; private set; } = null!;

    /// <summary>The same host, but not the product.</summary>
    public string OtherOrigin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (_site, Origin) = await ServeAsync();
        (_otherSite, OtherOrigin) = await ServeAsync();
    }

    /// <summary>A virtual authenticator. Its user verification always succeeds, or doesn't exist.</summary>
    public async Task<Device> NewDeviceAsync(bool verifiesUser = true)
    {
        var context = await _chromium.NewContextAsync();
        var page = await context.NewPageAsync();
        await page.GotoAsync(Origin);
        var devTools = await context.NewCDPSessionAsync(page);
        await devTools.SendAsync("WebAuthn.enable");
        await devTools.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = verifiesUser,
                ["isUserVerified"] = verifiesUser,
                ["automaticPresenceSimulation"] = true,
            },
        });
        return new Device(context, page);
    }

    public async ValueTask DisposeAsync()
    {
        await _chromium.DisposeAsync();
        await _site.DisposeAsync();
        await _otherSite.DisposeAsync();
    }

    private static async Task<(WebApplication Site, string Origin)> ServeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var site = builder.Build();
        site.MapGet("/", () => Results.Text("<!doctype html><title>Passkeys</title>", "text/html"));
        await site.StartAsync();
        return (site, $"http://localhost:{new Uri(site.Urls.First()).Port}");
    }

    public sealed class Device(IBrowserContext context, IPage page) : IAsyncDisposable
    {
        public Task GoToAsync(string address) => page.GotoAsync(address);

        /// <param name="options">PublicKeyCredentialCreationOptionsJSON.</param>
        /// <param name="change">JavaScript on <c>options</c>, as a foreign page could run it.</param>
        public Task<JsonElement> CreateAsync(JsonElement options, string change = "") => RunAsync(options, change, """
            const credential = await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
            """);

        /// <param name="options">PublicKeyCredentialRequestOptionsJSON.</param>
        public Task<JsonElement> SignAsync(JsonElement options, string change = "") => RunAsync(options, change, """
            const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
            """);

        public async ValueTask DisposeAsync() => await context.DisposeAsync();

        private async Task<JsonElement> RunAsync(JsonElement options, string change, string call) => JsonSerializer.Deserialize<JsonElement>(
            await page.EvaluateAsync<string>(
                $$"""async text => { const options = JSON.parse(text); {{change}}; {{call}} return JSON.stringify(credential.toJSON()); }""", options.GetRawText()));
    }
}
