using System.Net;
using System.Net.Http.Json;
using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>An identity with operators: how they come to be, as docs/operations.md has it.</summary>
public sealed class Operator : IAsyncDisposable
{
    private Operator(IdentityApplication identity, ServiceFactory<Program> host, Account account, HttpClient client) =>
        (Identity, Host, Account, Client) = (identity, host, account, client);

    public IdentityApplication Identity { get; }

    /// <summary>The identity whose operator they are, and where they call it.</summary>
    public ServiceFactory<Program> Host { get; }

    public Account Account { get; }

    public HttpClient Client { get; }

    /// <param name="others">Addresses of further operators.</param>
    public static async Task<Operator> CreateAsync(IdentityApplication identity, params string[] others)
    {
        ArgumentNullException.ThrowIfNull(identity);
        // Signs up, verifies the address and adds a second factor, like anybody.
        var (account, app, _, first) = await identity.WithAppAsync();
        first.Dispose();
        await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { account.Id });
        var host = identity.Another(("Admin:Emails", string.Join(", ", [account.Email, .. others])));
        return new Operator(identity, host, account with { Host = host }, await SignInAsync(host, account, app));
    }

    /// <summary>By password and code.</summary>
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
        Client.Dispose();
        await Host.DisposeAsync();
    }
}
