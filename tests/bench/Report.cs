using System.Globalization;
using System.Text;

namespace LinkShort.Bench;

/// <summary>The result as Markdown: medians of the rounds.</summary>
internal sealed class Report(BenchmarkOptions options, IReadOnlyList<Measurement> results)
{
    private const string End = "<!-- end -->";

    /// <summary>
    /// Replaces the benchmark's previous result between its two marks, <c>&lt;!-- {benchmark}: the latest result --&gt;</c> and the end; appends it to a file
    /// without them.
    /// </summary>
    public static async Task PutIntoAsync(string file, string benchmark, string text, CancellationToken cancellationToken)
    {
        var document = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : "";
        var mark = $"<!-- {benchmark}: the latest result -->";
        var begin = document.IndexOf(mark, StringComparison.Ordinal);
        var end = begin < 0 ? -1 : document.IndexOf(End, begin, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            file,
            end < 0 ? $"{document}{mark}\n{text}{End}\n" : $"{document[..(begin + mark.Length)]}\n{text}{document[end..]}",
            cancellationToken);
    }

    public double PerSecond(Workload workload, Target target) => Median(workload, target, measured => measured.Result.PerSecond);

    /// <param name="direct">The bare API, redirect, nginx.</param>
    /// <param name="proxied">The bare YARP, the gateway.</param>
    public string Write(string machine, Target[] direct, Target[] proxied, long answered, long clicks, TimeSpan drained)
    {
        var (api, redirect, nginx) = (direct[0], direct[1], direct[2]);
        var (proxy, gateway) = (proxied[0], proxied[1]);
        var text = new StringBuilder();
        Line($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}. Machine: {machine}.");
        Line();
        Line($"Medians of {options.Rounds} rounds of {options.Seconds} s each; wrk, 1 thread, {Wrk.Connections} connections, on the same machine.");
        Line();
        Line($"| what | measured | aimed at |");
        Line($"|---|---:|---:|");
        foreach (var workload in new[] { Workload.Hot, Workload.Zipf })
        {
            LineOf(workload, api, $"| direct, {workload.Name}: redirect / bare API | {Ratio(workload, redirect, api):n2} | ≥ 1.0 |");
            LineOf(workload, nginx, $"| direct, {workload.Name}: redirect / nginx | {Ratio(workload, redirect, nginx):n2} | 0.6, the stretch |");
            LineOf(workload, gateway, $"| through the gateway, {workload.Name}: gateway / bare YARP | {Ratio(workload, gateway, proxy):n2} | ≥ 0.9 |");
        }

        PacedLineOf(redirect, $"| p99 at half the maximum, direct: redirect / bare API | {PacedP99(redirect) / PacedP99(api):n2} | ≤ 2 |");
        PacedLineOf(gateway, $"| p99 at half the maximum, through the gateway: gateway / bare YARP | {PacedP99(gateway) / PacedP99(proxy):n2} | |");
        LineOf(Workload.Unknown, redirect, $"| processor of an unknown code / of a known one, as scanners ask | {Processor(Workload.Unknown, redirect) / Processor(Workload.Zipf, redirect):n2} | < 1 |");
        LineOf(Workload.BrowsersUnknown, redirect, $"| the same, as browsers ask | {Processor(Workload.BrowsersUnknown, redirect) / Processor(Workload.BrowsersZipf, redirect):n2} | < 1 |");
        foreach (var workload in new[] { Workload.Hot, Workload.Zipf })
        {
            Line();
            Line($"| {workload.Name} | redirects/s | ratio | p99 ms | processor µs each | wrk's | RabbitMQ's |");
            Line($"|---|---:|---:|---:|---:|---:|---:|");
            foreach (var target in direct)
            {
                Row(workload, target, api);
            }

            foreach (var target in proxied)
            {
                Row(workload, target, proxy);
            }
        }

        Line();
        Line($"| unknown codes (404), and known ones as browsers ask | answers/s | ratio | p99 ms | processor µs each | wrk's | RabbitMQ's |");
        Line($"|---|---:|---:|---:|---:|---:|---:|");
        Row(Workload.Unknown, redirect, redirect, Workload.Zipf);
        Row(Workload.BrowsersZipf, redirect, redirect, Workload.BrowsersZipf);
        Row(Workload.BrowsersUnknown, redirect, redirect, Workload.BrowsersZipf);
        Line();
        Line($"| at half the maximum (Zipf) | requests/s | p99 ms | processor µs each |");
        Line($"|---|---:|---:|---:|");
        foreach (var target in new[] { api, redirect, proxy, gateway })
        {
            PacedLineOf(target, $"| {target.Name} | {Paced(target, measured => measured.Result.PerSecond):n0} | {PacedP99(target):n2} | {Paced(target, measured => measured.Processor):n1} |");
        }

        Line();
        Line($"Clicks: {answered:n0} redirects answered, {clicks:n0} clicks arrived at the broker's consumer; the last ones at most {drained.TotalSeconds:n1} s after the load ended.");
        return text.ToString();

        void Line(FormattableString? line = null) => text.Append(line?.ToString(CultureInfo.InvariantCulture)).Append('\n');

        // Nothing is reported about parts that were not measured.
        void LineOf(Workload workload, Target target, FormattableString line)
        {
            if (Of(workload, target, isPaced: false).Any())
            {
                Line(line);
            }
        }

        void PacedLineOf(Target target, FormattableString line)
        {
            if (Of(Workload.Zipf, target, isPaced: true).Any())
            {
                Line(line);
            }
        }

        void Row(Workload workload, Target target, Target reference, Workload? known = null) => LineOf(
            workload, target,
            $"| {(known is null ? target.Name : workload.Name)} | {PerSecond(workload, target):n0} | {PerSecond(workload, target) / PerSecond(known ?? workload, reference):n2} | {Median(workload, target, measured => measured.Result.P99):n2} | {Processor(workload, target):n1} | {Median(workload, target, measured => measured.Load):n1} | {Median(workload, target, measured => measured.Broker):n1} |");
    }

    private double Processor(Workload workload, Target target) => Median(workload, target, measured => measured.Processor);

    /// <summary>The median of the rounds' ratios, because a disturbance affects both values of a round.</summary>
    private double Ratio(Workload workload, Target ours, Target bare) => Middle(
        Of(workload, ours, isPaced: false).Zip(Of(workload, bare, isPaced: false), (one, other) => one.Result.PerSecond / other.Result.PerSecond));

    private double PacedP99(Target target) => Paced(target, measured => measured.Result.P99);

    private double Paced(Target target, Func<Measurement, double> value) => Middle(Of(Workload.Zipf, target, isPaced: true).Select(value));

    private double Median(Workload workload, Target target, Func<Measurement, double> value) => Middle(Of(workload, target, isPaced: false).Select(value));

    private IEnumerable<Measurement> Of(Workload workload, Target target, bool isPaced) =>
        results.Where(measured => measured.Workload == workload && measured.Target == target && measured.IsPaced == isPaced);

    public static double Middle(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
