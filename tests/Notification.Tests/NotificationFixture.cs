using System.Net;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

[assembly: AssemblyFixture(typeof(LinkShort.Notification.Tests.NotificationFixture))]

namespace LinkShort.Notification.Tests;

/// <summary>Servers, and one notification service that writes files. Tests with mail servers start their own.</summary>
public sealed class NotificationFixture : IAsyncLifetime
{
    public Servers Servers { get; private set; } = null!;

    public NotificationUnderTest Files { get; private set; } = null!;

    public Task<NotificationUnderTest> StartAsync(params (string Key, string Value)[] settings) => NotificationUnderTest.StartAsync(Servers, settings);

    public Task<Dictionary<string, string?>> SettingsAsync() => Servers.SettingsAsync("notificationdb");

    public async ValueTask InitializeAsync()
    {
        Servers = await Servers.SharedAsync(Servers.Postgres, Servers.RabbitMq);
        Files = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (Files is not null)
        {
            await Files.DisposeAsync();
        }

        if (Servers is not null)
        {
            await Servers.DisposeAsync();
        }
    }
}

public sealed class NotificationUnderTest : IAsyncDisposable
{
    private readonly Dictionary<string, string?> _settings;
    private readonly List<ServiceFactory<Program>> _replicas = [];

    private NotificationUnderTest(Dictionary<string, string?> settings, string folder) => (_settings, Folder) = (settings, folder);

    /// <summary>LINKSHORT_DATA.</summary>
    public string Folder { get; }

    public static async Task<NotificationUnderTest> StartAsync(Servers servers, params (string Key, string Value)[] settings)
    {
        var all = await servers.SettingsAsync("notificationdb");
        var folder = Directory.CreateTempSubdirectory("linkshort-mail-").FullName;
        all["LINKSHORT_DATA"] = folder;
        all["Notification:PublicUrl"] = "https://links.example.com";
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var service = new NotificationUnderTest(all, folder);
        await service.AddReplicaAsync();
        return service;
    }

    public async Task AddReplicaAsync()
    {
        var replica = new ServiceFactory<Program>(_settings);
        _replicas.Add(replica);
        using var client = replica.CreateClient();
        await Eventually.PassesAsync(async () => (await client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK));
    }

    public IServiceProvider Services => _replicas[0].Services;

    public string ConnectionString => _settings["ConnectionStrings:notificationdb"]!;

    public HttpClient InternalClient() => _replicas[0].CreateInternalClient();

    public HttpClient AnonymousClient() => _replicas[0].CreateClient();

    /// <summary>Publishes a registration.</summary>
    /// <param name="email">Default: a unique address.</param>
    public async Task<UserRegistered> RegisterAsync(string? email = null, string? name = "Ada Lovelace", string locale = "en", Guid? messageId = null)
    {
        var user = Guid.CreateVersion7();
        var registered = new UserRegistered(user, Guid.CreateVersion7(), email ?? $"{user:N}@example.org", name, locale, TimeProvider.System.GetUtcNow());
        await PublishAsync(registered, messageId);
        return registered;
    }

    public Task PublishAsync(UserRegistered registered, Guid? messageId = null) =>
        _replicas[0].Services.GetRequiredService<IBus>().Publish(registered, context => context.MessageId = messageId ?? Guid.CreateVersion7());

    public Task PublishEventAsync(object message) => Service<IBus>().Publish(message, message.GetType());

    public T Service<T>() where T : notnull => _replicas[0].Services.GetRequiredService<T>();

    /// <summary>The .eml files to this address.</summary>
    public IReadOnlyList<ParsedMail> FilesTo(string address) =>
        [.. Directory.EnumerateFiles(Path.Combine(Folder, "mail"), "*.eml").Select(file => ParsedMail.Of(File.ReadAllBytes(file))).Where(mail => mail.Header("To").Contains(address, StringComparison.Ordinal))];

    public async Task<ParsedMail> FileToAsync(string address) =>
        (await Eventually.BecomesAsync(() => Task.FromResult(FilesTo(address)), mails => mails.Count > 0)).ShouldHaveSingleItem();

    /// <summary>state, attempts, last_error of a user's email.</summary>
    public async Task<(string State, int Attempts, string? Error)> MailOfAsync(Guid user)
    {
        await using var source = NpgsqlDataSource.Create(_settings["ConnectionStrings:notificationdb"] + ";Pooling=false");
        await using var command = source.CreateCommand("select state, attempts, last_error from outgoing_mail where user_id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = user });
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? (reader.GetString(0), reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetString(2))
            : ("", 0, null);
    }

    public async Task<object?> QueryAsync(string sql, Guid user)
    {
        await using var source = NpgsqlDataSource.Create(_settings["ConnectionStrings:notificationdb"] + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = user });
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
        {
            await replica.DisposeAsync();
        }

        Directory.Delete(Folder, recursive: true);
    }
}
