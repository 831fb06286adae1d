using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Identity.Tests;

public sealed class LogPrivacyTests(IdentityApplication identity)
{
    [Fact]
    public async Task Secrets_and_addresses_in_requests_reach_neither_the_log_nor_the_audit_log()
    {
        var sink = new Sink();
        var settings = new Dictionary<string, string?>(identity.Settings);
        // The most verbose logging: request lines with queries, headers of outgoing requests, SQL statements.
        foreach (var category in new[] { "Default", "Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Npgsql", "MassTransit", "LinkShort", "System.Net.Http" })
        {
            settings[$"Logging:LogLevel:{category}"] = "Trace";
        }

        await using var host = IdentityApplication.Start(settings, services => services.AddSingleton<ILoggerProvider>(sink));
        var account = await Account.RegisterAsync(host);
        var tokens = await account.LogInAsync();
        using var client = host.CreateClient(tokens.AccessToken);
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.77");
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("Test", "1"));
        const string Planted = "planted-Secret-7";
        using var wrong = await account.TryLogInAsync(Planted);
        using var query = await client.GetAsync($"/api/v1/me?password={Planted}&email={Uri.EscapeDataString(account.Email)}&token={tokens.RefreshToken}&from=203.0.113.77");
        using var renamed = await client.PatchAsJsonAsync("/api/v1/me", new { name = "Somebody" });
        using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
        using var taken = await client.PostAsJsonAsync("/api/v1/auth/register", new { email = account.Email, password = Account.Password });

        var log = sink.All;
        log.ShouldContain("/api/v1/me");
        foreach (var secret in new[] { Planted, account.Email, Uri.EscapeDataString(account.Email), tokens.AccessToken, tokens.RefreshToken, Account.Password, "203.0.113.77" })
        {
            log.Contains(secret, StringComparison.OrdinalIgnoreCase).ShouldBeFalse($"{secret} is in the log: {sink.LineWith(secret)}");
        }

        await Eventually.PassesAsync(async () => (await identity.QueryAsync<int>(
            "select count(*)::int from audit_log where chain = @Id and action = 'profile.changed'", new { account.Id })).ShouldBe(1));
        var audit = await identity.QueryAsync<string>("select string_agg(a::text, ' ') from audit_log a where chain in (@Id, @WorkspaceId)", new { account.Id, account.WorkspaceId });
        foreach (var secret in new[] { Planted, tokens.AccessToken, tokens.RefreshToken, Account.Password, "203.0.113.77" })
        {
            audit.ShouldNotContain(secret);
        }
    }

    private sealed class Sink : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public string All => string.Join('\n', _lines);

        public string LineWith(string text) => _lines.FirstOrDefault(line => line.Contains(text, StringComparison.OrdinalIgnoreCase)) ?? "";

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            _lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue(
            $"{formatter(state, exception)} {string.Join(' ', (state as IEnumerable<KeyValuePair<string, object?>> ?? []).Select(value => $"{value.Key}={value.Value}"))} {exception}");

        public void Dispose()
        {
        }
    }
}
