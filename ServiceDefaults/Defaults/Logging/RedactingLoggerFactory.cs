using System.Collections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Logging;

public static class RedactionExtensions
{
    /// <summary>Removes personal addresses and secrets from everything that is logged, by us or by a library, for every provider.</summary>
    public static void AddLogRedaction(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<ILoggerFactory>(services => new RedactingLoggerFactory(new LoggerFactory(
            services.GetServices<ILoggerProvider>(),
            services.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
            services.GetService<IOptions<LoggerFactoryOptions>>(),
            services.GetService<IExternalScopeProvider>())));
    }
}

/// <summary>Redacts ahead of all logging providers.</summary>
internal sealed class RedactingLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new RedactingLogger(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();
}

internal sealed class RedactingLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull =>
        state is IEnumerable<KeyValuePair<string, object?>> values
            ? inner.BeginScope(new RedactedState(values, Redaction.All(state.ToString()) ?? ""))
            : inner.BeginScope(Redaction.All(state.ToString()) ?? "");

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel))
        {
            return;
        }

        // Formatted here once: providers get the redacted text and the redacted values.
        var message = Redaction.All(formatter(state, exception));
        var redacted = new RedactedState(state as IEnumerable<KeyValuePair<string, object?>> ?? [], message);
        inner.Log(logLevel, eventId, redacted, RedactedException.Of(exception), static (text, _) => text.ToString());
    }
}

/// <summary>A log line's values, redacted.</summary>
internal sealed class RedactedState(IEnumerable<KeyValuePair<string, object?>> values, string message) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] _values = [.. values.Select(Redacted)];

    public int Count => _values.Length;

    public KeyValuePair<string, object?> this[int index] => _values[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => message;

    private static KeyValuePair<string, object?> Redacted(KeyValuePair<string, object?> value) => value.Value switch
    {
        null or bool or int or long or double or Guid or DateTimeOffset or TimeSpan or Enum => value,
        _ when value.Key != "{OriginalFormat}" && Redaction.IsSecretName(value.Key) => new(value.Key, Redaction.Token),
        var other => new(value.Key, Redaction.All(other.ToString())),
    };
}

/// <summary>Replaces an exception with sensitive data in its text: a statement's parameters, an address in a path.</summary>
internal sealed class RedactedException : Exception
{
    private readonly string _text;

    private RedactedException(Exception original, string text) : base($"{original.GetType().FullName}: {Redaction.All(original.Message)}") => _text = text;

    /// <returns>The exception itself if there is nothing to redact.</returns>
    public static Exception? Of(Exception? exception)
    {
        if (exception is null)
        {
            return null;
        }

        var text = exception.ToString();
        var redacted = Redaction.All(text);
        return redacted == text ? exception : new RedactedException(exception, redacted);
    }

    public override string ToString() => _text;
}
