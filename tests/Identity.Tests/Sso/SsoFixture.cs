using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using LinkShort.Testing;
using Microsoft.AspNetCore.WebUtilities;

namespace LinkShort.Identity.Tests.Sso;

public sealed record SsoTokens(string? AccessToken, string? RefreshToken, int? ExpiresIn, string? TokenType, string? Linked, string? ReturnUrl);

public sealed record SsoSession(Guid Id, string[] Methods, string? SsoProvider);

public sealed record ConnectionBody(
    string Issuer, string ClientId, bool HasClientSecret, bool JustInTime, string DefaultRole, string? RoleClaim, Dictionary<string, string> Roles,
    bool AcceptMfa, bool Enforced, long Version);

public sealed record VerificationBody(string Type, string Name, string Value);

public sealed record DomainBody(string Domain, string Status, VerificationBody Verification, DateTimeOffset? VerifiedAt);

public sealed record SsoBody(string RedirectUri, ConnectionBody? Connection, DomainBody[] Domains);

public sealed record LinkedBody(Guid Id, string Provider, string DisplayName, string Issuer, string? Email);

/// <summary>A real provider, a hostile one, a DNS server, and an identity with both providers configured.</summary>
public sealed class SsoFixture(IdentityApplication identity) : IAsyncLifetime
{
    public const string ClientId = "linkshort";
    public const string ClientSecret = "a secret / with: signs+%";
    public const string PublicUrl = "http://localhost:8080";

    public IdentityApplication Identity => identity;

    public NodeProvider Peer { get; private set; } = null!;

    public HostileProvider Liar { get; private set; } = null!;

    public FakeDns Dns { get; private set; } = null!;

    public ServiceFactory<Program> Host { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Liar = await HostileProvider.StartAsync();
        Peer = await NodeProvider.StartAsync(
            Client(ClientId, "RS256", "client_secret_basic", "peer"), Client("linkshort-ps", "PS256", "client_secret_post", "peer-ps"),
            Client("linkshort-es", "ES256", "client_secret_basic", "peer-es"));
        Dns = new FakeDns();
        Host = Start();
        Host.CreateClient().Dispose();

        static object Client(string id, string algorithm, string authentication, string provider) => new
        {
            client_id = id,
            client_secret = ClientSecret,
            redirect_uris = new[] { $"{PublicUrl}/app/sso/callback/{provider}" },
            id_token_signed_response_alg = algorithm,
            token_endpoint_auth_method = authentication,
        };
    }

    /// <summary>An identity with the providers configured; a second one is another replica.</summary>
    public ServiceFactory<Program> Start(params (string Key, string? Value)[] settings) => identity.Another(
    [
        ("Sso:peer:Authority", Peer.Issuer), ("Sso:peer:ClientId", ClientId), ("Sso:peer:ClientSecret", ClientSecret), ("Sso:peer:DisplayName", "The peer"),
        ("Sso:peer-ps:Authority", Peer.Issuer), ("Sso:peer-ps:ClientId", "linkshort-ps"), ("Sso:peer-ps:ClientSecret", ClientSecret),
        ("Sso:peer-es:Authority", Peer.Issuer), ("Sso:peer-es:ClientId", "linkshort-es"), ("Sso:peer-es:ClientSecret", ClientSecret),
        ("Sso:liar:Authority", Liar.Issuer), ("Sso:liar:ClientId", ClientId), ("Sso:liar:ClientSecret", "s"),
        ("Identity:Sso:AllowPrivateIssuers", "true"), ("Identity:Sso:ProviderTimeout", "00:00:30"), ("Identity:Sso:KeyRefreshInterval", "00:00:01"),
        ("Identity:PublicUrl", PublicUrl), ("Dns:Server", Dns.Address),
        .. settings,
    ]);

    public SsoVisitor Visit(ServiceFactory<Program>? host = null) => new(host ?? Host);

    /// <summary>A workspace with a provider that the test controls, and a verified domain.</summary>
    public async Task<SsoTeam> NewTeamAsync(object? settings = null)
    {
        var liar = await HostileProvider.StartAsync();
        var owner = await RegisterVerifiedAsync();
        var client = await owner.SignedInAsync();
        using var created = await client.PostAsJsonAsync("/api/v1/workspaces", new { name = "Corp" });
        var workspace = await created.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.Created);
        var team = new SsoTeam(this, owner, client, workspace.Id, liar, $"corp-{Guid.NewGuid():N}.example");
        await team.ProveAsync(team.Domain);
        await team.ConfigureAsync(settings);
        return team;
    }

    public async Task<Account> RegisterVerifiedAsync(string? email = null)
    {
        var account = await RegisterAsync(email ?? Account.NewEmail());
        await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { account.Id });
        return account;
    }

    public async Task<Account> RegisterAsync(string email)
    {
        using var client = Host.CreateClient();
        using var response = await client.PostAsJsonAsync("/api/v1/auth/register", new { email, password = Account.Password });
        var body = await response.ShouldBeAsync<Registered>(HttpStatusCode.Created);
        return new Account(Host, body.UserId, body.WorkspaceId, body.Email);
    }

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        if (Dns is not null)
        {
            await Dns.DisposeAsync();
        }

        if (Peer is not null)
        {
            await Peer.DisposeAsync();
        }

        if (Liar is not null)
        {
            await Liar.DisposeAsync();
        }
    }
}

[CollectionDefinition(nameof(SsoFixture))]
public sealed class SsoFixtureCollection : ICollectionFixture<SsoFixture>;

/// <summary>A browser that signs in, as identity sees it.</summary>
public sealed class SsoVisitor(ServiceFactory<Program> host)
{
    public string BrowserKey { get; init; } = NewSecret();

    public static string NewSecret() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));

    public async Task<AuthorizationRequest> StartAsync(string provider, string? returnUrl = null)
    {
        using var response = await TryStartAsync(new { provider, browserKey = BrowserKey, returnUrl });
        return new AuthorizationRequest((await response.ShouldBeAsync<Started>(HttpStatusCode.OK)).AuthorizationUrl);
    }

    public async Task<HttpResponseMessage> TryStartAsync(object body)
    {
        using var client = host.CreateClient();
        return await client.PostAsJsonAsync("/api/v1/auth/sso/start", body);
    }

    /// <summary>Web's request after the browser returned.</summary>
    /// <param name="token">The access token of the browser's user.</param>
    public async Task<HttpResponseMessage> FinishAsync(AuthorizationRequest request, string code, string? iss = null, string? state = null, string? token = null) =>
        await PostAsync(new { provider = ProviderOf(request), state = state ?? request.State, code, iss, browserKey = BrowserKey }, token);

    public async Task<HttpResponseMessage> PostAsync(object body, string? token = null)
    {
        using var client = host.CreateClient();
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await client.PostAsJsonAsync("/api/v1/auth/sso/callback", body);
    }

    public static string ProviderOf(AuthorizationRequest request) => request.RedirectUri[(request.RedirectUri.LastIndexOf('/') + 1)..];

    public sealed record Started(string AuthorizationUrl, int ExpiresIn);
}

/// <summary>A workspace with a provider and a domain.</summary>
public sealed class SsoTeam(SsoFixture fixture, Account owner, HttpClient ownerClient, Guid id, HostileProvider provider, string domain) : IAsyncDisposable
{
    public Account Owner => owner;

    public HttpClient OwnerClient => ownerClient;

    public Guid Id => id;

    public HostileProvider Provider => provider;

    public string Domain => domain;

    public string Path => $"/api/v1/workspaces/{id}";

    public string Key => id.ToString();

    public string NewEmail() => $"p-{Guid.NewGuid():N}@{domain}";

    public async Task<DomainBody> ProveAsync(string name)
    {
        using var added = await ownerClient.PostAsJsonAsync($"{Path}/sso/domains", new { domain = name });
        var claimed = await added.ShouldBeAsync<DomainBody>(HttpStatusCode.OK);
        claimed.Status.ShouldBe("pending");
        fixture.Dns.Set(claimed.Verification.Name, "something else", claimed.Verification.Value);
        using var verified = await ownerClient.PostAsJsonAsync($"{Path}/sso/domains/{name}/verify", new { });
        var proven = await verified.ShouldBeAsync<DomainBody>(HttpStatusCode.OK);
        proven.Status.ShouldBe("verified");
        return proven;
    }

    public async Task<SsoBody> ConfigureAsync(object? settings = null)
    {
        using var response = await TryConfigureAsync(settings);
        return await response.ShouldBeAsync<SsoBody>(HttpStatusCode.OK);
    }

    public Task<HttpResponseMessage> TryConfigureAsync(object? settings = null, string? clientSecret = "secret of the workspace")
    {
        var body = System.Text.Json.JsonSerializer.SerializeToNode(settings ?? new { })!.AsObject();
        body["issuer"] ??= provider.Issuer;
        body["clientId"] ??= SsoFixture.ClientId;
        if (clientSecret is not null)
        {
            body["clientSecret"] ??= clientSecret;
        }

        return ownerClient.PutAsJsonAsync($"{Path}/sso", body);
    }

    /// <summary>Signs in through the provider, with these claims.</summary>
    public async Task<HttpResponseMessage> TrySignInAsync(
        string email, string? subject = null, Action<System.Text.Json.Nodes.JsonObject>? claims = null, SsoVisitor? visitor = null)
    {
        visitor ??= fixture.Visit();
        var request = await visitor.StartAsync(Key);
        var code = provider.Agree(request, token =>
        {
            token["email"] = email;
            token["email_verified"] = true;
            token["sub"] = subject ?? "subject of " + email;
            claims?.Invoke(token);
        });
        return await visitor.FinishAsync(request, code);
    }

    public async Task<SsoTokens> SignInAsync(string email, string? subject = null, Action<System.Text.Json.Nodes.JsonObject>? claims = null)
    {
        using var response = await TrySignInAsync(email, subject, claims);
        return await response.ShouldBeAsync<SsoTokens>(HttpStatusCode.OK);
    }

    public Task<string> RoleOfAsync(string email) => fixture.Identity.QueryAsync<string>(
        "select coalesce((select m.role from members m join users u on u.id = m.user_id where m.workspace_id = @id and u.normalized_email = @email), 'none')",
        new { id, email });

    public async ValueTask DisposeAsync()
    {
        ownerClient.Dispose();
        await provider.DisposeAsync();
    }
}
