using System.Collections.Concurrent;
using System.Net;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Identity.Tests;

public sealed class RefusalLogTests(IdentityApplication identity)
{
    [Fact]
    public async Task A_refused_sign_in_and_a_refused_call_are_in_the_log_with_their_trace()
    {
        var account = await identity.RegisterAsync();
        using var logs = new Lines();
        await using var host = IdentityApplication.Start(identity.Settings, services =>
        {
            services.AddSingleton<ILoggerProvider>(logs);
            services.Configure<LoggerFilterOptions>(options =>
            {
                options.MinLevel = LogLevel.Information;
                options.Rules.Clear();
            });
        });
        using var stranger = host.ClientFrom("198.51.99.7");
        (await stranger.PostRawAsync("/api/v1/auth/login", $$"""{"email":"{{account.Email}}","password":"Wrong-Horse-7-Battery"}""")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await stranger.PostRawAsync("/api/v1/auth/login", $$"""{"email":"{{Account.NewEmail()}}","password":"Wrong-Horse-7-Battery"}""")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var forged = host.CreateClient(TokenIssuer.ForgedToken());
        (await forged.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var inside = host.CreateClient((await account.LogInAsync()).AccessToken);
        using var refused = await inside.GetAsync("/api/v1/admin/users");
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var nobody = host.CreateClient();
        (await nobody.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var lines = logs.All.ToArray();
        lines.ShouldContain(line => line.Contains($"account {account.Id}", StringComparison.Ordinal) && line.Contains("198.51.99.0/24", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("account none", StringComparison.Ordinal) && line.Contains("198.51.99.0/24", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("the token or key is invalid, trace ", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains($"user {account.Id} in workspace {account.WorkspaceId} lacks permission, trace ", StringComparison.Ordinal));
        lines.ShouldNotContain(line => line.Contains("198.51.99.7", StringComparison.Ordinal) || line.Contains(account.Email, StringComparison.OrdinalIgnoreCase) || line.Contains("Horse", StringComparison.Ordinal));
        lines.Count(line => line.StartsWith("Authorization refused ", StringComparison.Ordinal)).ShouldBe(2, "who brings nothing is no news");
    }

    /// <summary>Log messages of the product, without those of frameworks.</summary>
    private sealed class Lines : ILoggerProvider
    {
        public ConcurrentQueue<string> All { get; } = [];

        public ILogger CreateLogger(string categoryName) => new Writer(categoryName.StartsWith("LinkShort", StringComparison.Ordinal) ? All : []);

        public void Dispose()
        {
        }

        private sealed class Writer(ConcurrentQueue<string> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
                lines.Enqueue(formatter(state, exception));
        }
    }
}
