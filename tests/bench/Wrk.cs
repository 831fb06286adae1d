using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace LinkShort.Bench;

/// <param name="PerSecond">Responses per second.</param>
/// <param name="P99">The 99th percentile of the latency, in milliseconds.</param>
/// <param name="Answers">The number of responses.</param>
/// <param name="Refused">Responses other than 2xx and 3xx.</param>
/// <param name="Errors">Socket errors.</param>
/// <param name="Processor">Processor time of the load generator itself.</param>
internal sealed record WrkResult(double PerSecond, double P99, long Answers, long Refused, long Errors, TimeSpan Processor);

/// <summary>wrk (https://github.com/wg/wrk) with one thread and 32 connections.</summary>
internal static partial class Wrk
{
    public const int Connections = 32;

    /// <param name="rate">Requests per second, for scripts that support it; null for the maximum.</param>
    /// <param name="headers">Header lines; null for only <c>Host</c>.</param>
    public static async Task<WrkResult> RunAsync(
        Uri url, int seconds, string? script, double? rate, CancellationToken cancellationToken, string[]? headers = null)
    {
        List<string> arguments = ["-t1", $"-c{Connections}", $"-d{seconds}s", "--latency"];
        foreach (var header in headers ?? [])
        {
            arguments.AddRange(["-H", header]);
        }

        if (script is not null)
        {
            arguments.AddRange(["-s", script]);
        }

        arguments.Add(url.AbsoluteUri);
        if (rate is { } wanted)
        {
            arguments.AddRange(["--", wanted.ToString("0", CultureInfo.InvariantCulture)]);
        }

        var before = ProcessorTimes.OfEndedChildren();
        using var process = Process.Start(new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("wrk did not start.");
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return Parse(output, ProcessorTimes.OfEndedChildren() - before);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static WrkResult Parse(string output, TimeSpan processor)
    {
        var p99 = P99().Match(output);
        if (!p99.Success)
        {
            throw new InvalidOperationException("wrk said something unexpected:\n" + output);
        }

        var milliseconds = Number(p99.Groups["value"].Value) * p99.Groups["unit"].Value switch { "us" => 0.001, "ms" => 1, "s" => 1_000, _ => 60_000 };
        var sockets = SocketErrors().Match(output);
        var statuses = WrongStatuses().Match(output);
        return new WrkResult(
            Number(PerSecond().Match(output).Groups["value"].Value),
            milliseconds,
            (long)Number(Answers().Match(output).Groups["value"].Value),
            statuses.Success ? (long)Number(statuses.Groups["count"].Value) : 0,
            sockets.Success ? sockets.Groups["count"].Captures.Sum(capture => (long)Number(capture.Value)) : 0,
            processor);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"99%\s+(?<value>[\d.]+)(?<unit>us|ms|s|m)")]
    private static partial Regex P99();

    [GeneratedRegex(@"Requests/sec:\s+(?<value>[\d.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"(?<value>\d+) requests in")]
    private static partial Regex Answers();

    [GeneratedRegex(@"Socket errors: connect (?<count>\d+), read (?<count>\d+), write (?<count>\d+), timeout (?<count>\d+)")]
    private static partial Regex SocketErrors();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (?<count>\d+)")]
    private static partial Regex WrongStatuses();
}
