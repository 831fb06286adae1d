using LinkShort.Billing.Tests;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

[assembly: AssemblyFixture(typeof(BillingFixture))]

namespace LinkShort.Billing.Tests;

/// <summary>Real servers, and one billing service that sells nothing but has plans. Each test has its own workspaces.</summary>
public sealed class BillingFixture : IAsyncLifetime
{
    public Servers Servers { get; private set; } = null!;

    public TokenIssuer Identity { get; private set; } = null!;

    /// <summary>With <c>Billing__DefaultPlan=free</c>, without Stripe.</summary>
    public BillingService Service { get; private set; } = null!;

    /// <summary>The events of <see cref="Service"/>.</summary>
    public EventTap Events { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Identity = await TokenIssuer.StartAsync();
        Servers = await Servers.SharedAsync(Servers.Postgres, Servers.RabbitMq);
        Service = await StartAsync(new() { ["Billing:DefaultPlan"] = "free" });
        Events = await EventTap.StartAsync(Service.Messaging);
    }

    /// <summary>Another billing service, with its own database and virtual host.</summary>
    public async Task<BillingService> StartAsync(Dictionary<string, string?>? extra = null, Action<IServiceCollection>? services = null)
    {
        var settings = await Servers.SettingsAsync("billingdb", Identity);
        foreach (var (key, value) in extra ?? [])
        {
            settings[key] = value;
        }

        return new BillingService(settings, Identity, services);
    }

    public async ValueTask DisposeAsync()
    {
        if (Events is not null)
        {
            await Events.DisposeAsync();
        }

        if (Service is not null)
        {
            await Service.DisposeAsync();
        }

        if (Servers is not null)
        {
            await Servers.DisposeAsync();
        }

        await Identity.DisposeAsync();
    }
}

/// <summary>A running billing service and its database.</summary>
public sealed class BillingService : IAsyncDisposable
{
    private readonly ServiceFactory<Program> _factory;
    private readonly TokenIssuer _identity;

    public BillingService(Dictionary<string, string?> settings, TokenIssuer identity, Action<IServiceCollection>? services = null)
    {
        Settings = settings;
        _identity = identity;
        _factory = new ServiceFactory<Program>(settings, services);
        Database = NpgsqlDataSource.Create(settings["ConnectionStrings:billingdb"]!);
        // Creating the first client starts the host.
        _factory.CreateClient().Dispose();
    }

    public Dictionary<string, string?> Settings { get; }

    public string Messaging => Settings["ConnectionStrings:messaging"]!;

    public NpgsqlDataSource Database { get; }

    public IServiceProvider Services => _factory.Services;

    public HttpClient Anonymous() => _factory.CreateClient();

    public HttpClient Internal() => _factory.CreateInternalClient();

    /// <summary>A member of a workspace.</summary>
    /// <param name="scopes">All by default.</param>
    public ApiClient ClientOf(Guid? workspace = null, string role = "owner", Guid? user = null, IEnumerable<string>? scopes = null, string locale = "en")
    {
        var id = workspace ?? Guid.CreateVersion7();
        return new ApiClient(_factory.CreateClient(_identity.Token(id, user, scopes, role: role, change: token => token.Claims[Tokens.Claims.Locale] = locale)), id);
    }

    /// <summary>An operator of the installation.</summary>
    public ApiClient Operator(Guid? user = null) =>
        new(_factory.CreateClient(_identity.Token(user: user, change: AsOperator)), Guid.Empty);

    public static void AsOperator(SecurityTokenDescriptor token)
    {
        ArgumentNullException.ThrowIfNull(token);
        token.Claims[Tokens.Claims.Operator] = "true";
        token.Claims[Tokens.Claims.Methods] = "pwd otp mfa";
        token.Claims[Tokens.Claims.OwnAuthenticatedAt] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        await Database.DisposeAsync();
    }
}
