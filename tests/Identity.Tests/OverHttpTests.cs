using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.Identity.Tests;

/// <summary>identity on a real port, for other services and Kestrel's limits.</summary>
public sealed class OverHttpTests(IdentityApplication identity)
{
    [Fact]
    public async Task A_body_beyond_64_KB_is_refused_before_it_is_read()
    {
        await using var host = identity.Another();
        host.UseKestrel(0);
        using var client = host.CreateClient();
        using var response = await client.PostAsJsonAsync(
            "/api/v1/auth/login", new { email = Account.NewEmail(), password = new string('x', 70_000) });
        await response.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge, "payload-too-large");
    }

    [Fact]
    public async Task Another_service_accepts_every_token_over_a_rotation()
    {
        await using var host = IdentityApplication.Start(await IdentityApplication.SettingsAsync(
            identity.Servers, ("Identity:SigningKeyCheckInterval", "00:00:00.2"), ("Identity:SigningKeyLead", "00:00:00.5")));
        host.UseKestrel(0);
        using var client = host.CreateClient();
        var account = await Account.RegisterAsync(host);
        await using var service = await StartServiceAsync(client.BaseAddress!);
        using var caller = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };
        var first = await account.LogInAsync();
        (await StatusAsync(first)).ShouldBe(HttpStatusCode.OK);

        client.DefaultRequestHeaders.Add(InternalKey.Header, Servers.InternalKey);
        (await client.PostAsync("/internal/signing-keys/rotate", null)).EnsureSuccessStatusCode();
        await Eventually.BecomesAsync(
            async () =>
            {
                var tokens = await account.LogInAsync();
                (await StatusAsync(tokens)).ShouldBe(HttpStatusCode.OK);
                return tokens;
            },
            tokens => SigningKeyTests.KidOf(tokens) != SigningKeyTests.KidOf(first));
        (await StatusAsync(first)).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> StatusAsync(TokenPair tokens)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
            using var response = await caller.SendAsync(request);
            return response.StatusCode;
        }
    }

    /// <summary>A minimal service: ServiceDefaults and one endpoint.</summary>
    private static async Task<WebApplication> StartServiceAsync(Uri identityAddress)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["Internal:Key"] = Servers.InternalKey;
        builder.Configuration["services:identity:http:0"] = identityAddress.ToString();
        builder.AddServiceDefaults();
        builder.AddHttpDefaults();
        builder.AddTokenAuthentication();
        var app = builder.Build();
        app.UseHttpDefaults();
        app.UseTokenAuthentication();
        app.MapDefaultEndpoints();
        app.MapGet("/who", (CurrentUser user) => user.Id).RequireAuthorization(Permissions.LinksRead);
        await app.StartAsync();
        return app;
    }
}
