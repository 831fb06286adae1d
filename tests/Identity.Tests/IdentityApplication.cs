using System.Collections.Concurrent;
using Dapper;
using LinkShort.Contracts;
using LinkShort.Identity.Tests;
using LinkShort.Testing;
using MassTransit;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(IdentityApplication))]

namespace LinkShort.Identity.Tests;

/// <summary>Real servers and one identity for all tests, with a listener on the bus.</summary>
public sealed class IdentityApplication : IAsyncLifetime
{
    private const string HashIterations = "Identity:PasswordHashIterations";

    /// <summary>The minimum of the setting. Hosts with it use a hundredth of that, because most tests sign in and few are about hashing.</summary>
    private const string FewestIterations = "100000";

    private bool _sharesServers;

    public Servers Servers { get; private set; } = null!;

    public Dictionary<string, string?> Settings { get; private set; } = null!;

    public ServiceFactory<Program> Host { get; private set; } = null!;

    public EventListener Events { get; private set; } = null!;

    /// <summary>The shared host's database.</summary>
    public NpgsqlDataSource Database { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Servers ??= await Servers.SharedAsync(Servers.Postgres, Servers.RabbitMq);
        Settings = await SettingsAsync(Servers, ("Admin:Emails", Operator.SharedEmail));
        Database = NpgsqlDataSource.Create(Settings["ConnectionStrings:identitydb"]!);
        Events = await EventListener.StartAsync(Settings["ConnectionStrings:messaging"]!);
        Host = Another();
        Host.CreateClient().Dispose();
    }

    /// <summary>An identity with its own database and broker, on servers that the caller stops.</summary>
    public static async Task<IdentityApplication> StartAsync(Servers servers)
    {
        var identity = new IdentityApplication { Servers = servers, _sharesServers = true };
        await identity.InitializeAsync();
        return identity;
    }

    /// <summary>Settings for an identity with an empty database and its own broker.</summary>
    public static async Task<Dictionary<string, string?>> SettingsAsync(Servers servers, params (string Key, string Value)[] more)
    {
        var settings = await servers.SettingsAsync("identitydb");
        settings[HashIterations] = FewestIterations;
        foreach (var (key, value) in more)
        {
            settings[key] = value;
        }

        return settings;
    }

    /// <summary>An identity with these settings.</summary>
    /// <param name="services">Replaces registrations, for example the clock.</param>
    public static ServiceFactory<Program> Start(IReadOnlyDictionary<string, string?> settings, Action<IServiceCollection>? services = null)
    {
        var isQuick = settings.GetValueOrDefault(HashIterations) == FewestIterations;
        return new ServiceFactory<Program>(settings, registered =>
        {
            services?.Invoke(registered);
            if (isQuick)
            {
                registered.PostConfigure<PasswordHasherOptions>(hasher => hasher.IterationCount = 1_000);
            }
        });
    }

    /// <summary>A second identity on the same database and broker, with some settings changed, or left at their defaults (null).</summary>
    public ServiceFactory<Program> Another(params (string Key, string? Value)[] settings)
    {
        var own = new Dictionary<string, string?>(Settings);
        foreach (var (key, value) in settings)
        {
            if (value is null)
            {
                own.Remove(key);
            }
            else
            {
                own[key] = value;
            }
        }

        return Start(own);
    }

    public Task<Account> RegisterAsync() => Account.RegisterAsync(Host);

    public async Task<T> QueryAsync<T>(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return await connection.QuerySingleAsync<T>(sql, parameters);
    }

    public async Task ExecuteAsync(string sql, object? parameters = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        (await connection.ExecuteAsync(sql, parameters)).ShouldBeGreaterThan(0);
    }

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
            await Events.DisposeAsync();
            await Database.DisposeAsync();
        }

        if (Servers is not null && !_sharesServers)
        {
            await Servers.DisposeAsync();
        }
    }
}

/// <summary>Consumes identity's events, like another service.</summary>
public sealed class EventListener : IAsyncDisposable
{
    private readonly ConcurrentQueue<object> _heard = new();
    private readonly IBusControl _bus;

    private EventListener(string address) =>
        _bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            var uri = new Uri(address);
            rabbit.Host(uri, host =>
            {
                var credentials = uri.UserInfo.Split(':', 2);
                host.Username(Uri.UnescapeDataString(credentials[0]));
                host.Password(Uri.UnescapeDataString(credentials[1]));
            });
            rabbit.ReceiveEndpoint("listener", endpoint =>
            {
                endpoint.Handler<UserRegistered>(Hear);
                endpoint.Handler<UserErased>(Hear);
                endpoint.Handler<WorkspaceCreated>(Hear);
                endpoint.Handler<ApiKeyRevoked>(Hear);
                endpoint.Handler<EmailVerificationRequested>(Hear);
                endpoint.Handler<PasswordResetRequested>(Hear);
                endpoint.Handler<EmailChangeRequested>(Hear);
                endpoint.Handler<SecurityNoticeRaised>(Hear);
                endpoint.Handler<WorkspaceRenamed>(Hear);
                endpoint.Handler<WorkspaceDeletionScheduled>(Hear);
                endpoint.Handler<WorkspaceRestored>(Hear);
                endpoint.Handler<WorkspaceErased>(Hear);
                endpoint.Handler<MemberJoined>(Hear);
                endpoint.Handler<MemberLeft>(Hear);
                endpoint.Handler<MemberRoleChanged>(Hear);
                endpoint.Handler<InvitationCreated>(Hear);
                endpoint.Handler<AccessRevoked>(Hear);
                endpoint.Handler<AuditRecorded>(Hear);
                endpoint.Handler<WorkspaceSuspensionChanged>(Hear);
                endpoint.Handler<BillingMailRequested>(Hear);
                endpoint.Handler<UsageCounted>(Hear);
                endpoint.Handler<AccessRevoked>(Hear);
            });
        });

    public static async Task<EventListener> StartAsync(string address)
    {
        var listener = new EventListener(address);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await listener._bus.StartAsync(timeout.Token);
        return listener;
    }

    public IReadOnlyList<T> Heard<T>(Func<T, bool> which) => [.. _heard.OfType<T>().Where(which)];

    public async Task<T> HearsAsync<T>(Func<T, bool> which) =>
        (await Eventually.BecomesAsync(() => Task.FromResult(Heard(which)), heard => heard.Count > 0, TimeSpan.FromSeconds(30)))[0];

    /// <summary>Publishes like another service: <paramref name="messageId"/> is the same for a repetition.</summary>
    public Task PublishAsync<T>(T message, Guid? messageId = null) where T : class =>
        _bus.Publish(message, context => context.MessageId = messageId ?? Guid.CreateVersion7());

    public async ValueTask DisposeAsync() => await _bus.StopAsync();

    private Task Hear<T>(ConsumeContext<T> context) where T : class
    {
        _heard.Enqueue(context.Message);
        return Task.CompletedTask;
    }
}
