using System.Net;
using System.Net.Http.Json;
using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>An operator of <c>Admin__Emails</c>: signed up, verified and with a second factor, as in docs/operations.md.</summary>
public sealed class Operator : IAsyncDisposable
{
    /// <summary>From the shared identity's settings.</summary>
    public const string SharedEmail = "operator@example.com";

    private static readonly SemaphoreSlim Creating = new(1, 1);
    private static Operator? _shared;

    private readonly bool _isOwn;

    private Operator(ServiceFactory<Program> host, Account account, HttpClient client, bool isOwn) =>
        (Host, Account, Client, _isOwn) = (host, account, client, isOwn);

    /// <summary>The identity that they operate.</summary>
    public ServiceFactory<Program> Host { get; }

    public Account Account { get; }

    public HttpClient Client { get; }

    /// <summary>The shared identity's operator, with one session for all tests.</summary>
    public static async Task<Operator> SharedAsync(IdentityApplication identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        await Creating.WaitAsync();
        try
        {
            if (_shared is null)
            {
                using var client = identity.Host.CreateClient();
                using var registered = await client.PostAsJsonAsync("/api/v1/auth/register", new { email = SharedEmail, password = Account.Password });
                var body = await registered.ShouldBeAsync<Registered>(HttpStatusCode.Created);
                var account = new Account(identity.Host, body.UserId, body.WorkspaceId, body.Email);
                using var first = await account.SignedInAsync();
                var (app, _) = await first.EnableAppAsync();
                await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { account.Id });
                _shared = new Operator(identity.Host, account, await SignInAsync(identity.Host, account, app), isOwn: false);
            }

            return _shared;
        }
        finally
        {
            Creating.Release();
        }
    }

    /// <summary>The operator of a separate identity, for tests that change the operator.</summary>
    /// <param name="others">Addresses of further operators.</param>
    public static async Task<Operator> CreateAsync(IdentityApplication identity, params string[] others)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var (account, app, _, first) = await identity.WithAppAsync();
        first.Dispose();
        await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { account.Id });
        var host = identity.Another(("Admin:Emails", string.Join(", ", [account.Email, .. others])));
        return new Operator(host, account with { Host = host }, await SignInAsync(host, account, app), isOwn: true);
    }

    /// <summary>Signs in with password and code.</summary>
    public static async Task<HttpClient> SignInAsync(ServiceFactory<Program> host, Account account, AuthenticatorApp app)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(app);
        using var client = host.CreateClient();
        using var password = await client.PostAsJsonAsync("/api/v1/auth/login", new { email = account.Email, password = Account.Password });
        var challenge = await password.ShouldBeAsync<Challenged>(HttpStatusCode.Unauthorized);
        using var code = await client.PostAsJsonAsync(Factors.SecondStep, new { challenge = challenge.Challenge, code = app.NextCode() });
        return host.CreateClient((await code.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
    }

    public Task<HttpResponseMessage> SuspendAsync(Guid userId, string reason = "spam") =>
        Client.PostAsJsonAsync($"/api/v1/admin/users/{userId}/suspend", new { reason });

    public Task<HttpResponseMessage> PutFlagAsync(string name, object flag) => Client.PutAsJsonAsync($"/api/v1/admin/flags/{name}", flag);

    public async ValueTask DisposeAsync()
    {
        if (_isOwn)
        {
            Client.Dispose();
            await Host.DisposeAsync();
        }
    }
}
