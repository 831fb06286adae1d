using System.Collections.Concurrent;
using LinkShort.ServiceDefaults.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.ServiceDefaults.Tests.Privacy;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("mail to ada@example.com failed", "mail to [e-mail] failed")]
    [InlineData("Key (normalized_email)=(ada.lovelace+x@sub.example.co.uk) already exists.", "Key (normalized_email)=([e-mail]) already exists.")]
    [InlineData("/api?email=ada%40example.com", "/api?email=[e-mail]")]
    [InlineData("from 203.0.113.77 and 203.0.113.77:4242", "from [address] and [address]:4242")]
    [InlineData("from 2001:db8:85a3::8a2e:370:7334.", "from [address].")]
    [InlineData("from ::ffff:203.0.113.77", "from [address]")]
    [InlineData("network 203.0.113.0/24 is one", "network 203.0.113.0/24 is one")]
    [InlineData("Now listening on: http://127.0.0.1:5000 and http://[::1]:5000", "Now listening on: http://127.0.0.1:5000 and http://[::1]:5000")]
    [InlineData("at 12:34:56, version 10.0.14", "at 12:34:56, version 10.0.14")]
    [InlineData("Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl!", "Bearer [secret]!")]
    [InlineData("key ls_live_0123456789abcdefABCDEF", "key [secret]")]
    [InlineData("GET /app/reset?token=Zm9vYmFyYmF6&x=1", "GET /app/reset?token=[secret]&x=1")]
    [InlineData("{\"password\":\"hunter2222\"}", "{\"password\":\"[secret]\"}")]
    [InlineData("refresh 8nqLw0dEoVxk3sJ2h5ZqT7yPzR1mBcFgUaXv4eYtNiQ was used", "refresh [secret] was used")]
    [InlineData("The token has no single, valid 'sub'.", "The token has no single, valid 'sub'.")]
    [InlineData("user 0191b0a5-7c5d-7e3f-8a4b-1c2d3e4f5a6b", "user 0191b0a5-7c5d-7e3f-8a4b-1c2d3e4f5a6b")]
    public void Sensitive_data_is_removed_and_the_rest_is_kept(string text, string expected) => Redaction.All(text).ShouldBe(expected);

    [Fact]
    public void No_log_provider_receives_a_secret()
    {
        var sink = new Sink();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddLogging();
        builder.Services.AddSingleton<ILoggerProvider>(sink);
        builder.AddLogRedaction();
        using var host = builder.Build();
        var logger = host.Services.GetRequiredService<ILogger<RedactionTests>>();
        using (logger.BeginScope("for {Who}", "ada@example.com"))
        {
            logger.LogWarning(
                new InvalidOperationException("no place for ada@example.com", new ArgumentException("from 203.0.113.77")),
                "Sign-in of {Email} from {Address} with {Password} and {Count}", "ada@example.com", "203.0.113.77", "hunter2", 3);
        }

        var all = string.Join("\n", sink.Lines);
        all.ShouldContain("Sign-in of [e-mail] from [address] with");
        all.ShouldContain("Count=3");
        all.ShouldNotContain("ada@");
        all.ShouldNotContain("203.0.113.77");
        all.ShouldNotContain("Password=hunter2");
    }

    private sealed class Sink : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            Lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Enqueue(formatter(state, exception));
            Lines.Enqueue(string.Join(' ', (state as IEnumerable<KeyValuePair<string, object?>> ?? []).Select(value => $"{value.Key}={value.Value}")));
            Lines.Enqueue(exception?.ToString() ?? "");
        }

        public void Dispose()
        {
        }
    }
}
