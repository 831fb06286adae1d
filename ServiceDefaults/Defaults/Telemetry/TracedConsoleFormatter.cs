using System.Diagnostics;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace LinkShort.ServiceDefaults.Telemetry;

/// <summary>
/// Two lines per entry as the framework's simple console writes them, with the trace id behind the category:
/// <c>warn: LinkShort.Links.Routes[0] trace 0af7651916cd43dd8448eb211c80319c</c>. Scopes would print it too, but together with the path of each
/// request, which is the short link that was followed.
/// </summary>
internal sealed class TracedConsoleFormatter() : ConsoleFormatter(FormatterName)
{
    internal const string FormatterName = "traced";
    private const string Indent = "      ";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        ArgumentNullException.ThrowIfNull(textWriter);
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(Level(logEntry.LogLevel));
        textWriter.Write(": ");
        textWriter.Write(logEntry.Category);
        textWriter.Write('[');
        textWriter.Write(logEntry.EventId.Id);
        textWriter.Write(']');
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            textWriter.Write(" trace ");
            textWriter.Write(activity.TraceId.ToHexString());
        }

        textWriter.WriteLine();
        WriteIndented(textWriter, message);
        if (logEntry.Exception is { } exception)
        {
            WriteIndented(textWriter, exception.ToString());
        }
    }

    private static void WriteIndented(TextWriter writer, string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            writer.Write(Indent);
            writer.WriteLine(line);
        }
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}

internal static class ConsoleTraceExtensions
{
    /// <summary>Console logs carry trace ids, unless <c>Logging:Console:FormatterName</c> names another formatter (json, systemd).</summary>
    internal static void AddConsoleTraceIds(this IHostApplicationBuilder builder)
    {
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = [new("Logging:Console:FormatterName", TracedConsoleFormatter.FormatterName)],
        });
        builder.Services.AddSingleton<ConsoleFormatter, TracedConsoleFormatter>();
    }
}
