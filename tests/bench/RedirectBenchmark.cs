using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Testing;
using LinkShort.Testing;

namespace LinkShort.Bench;

/// <summary>
/// Redirects per second: redirect against a bare minimal API and nginx, the gateway in front of redirect against a bare YARP in front of
/// that API. All in turn on one machine with the load generator, so only the ratios are meaningful elsewhere.
/// </summary>
internal sealed class RedirectBenchmark
{
    // Until the hot paths are compiled with optimizations.
    private const int WarmUpSeconds = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(3);

    private readonly BenchmarkOptions _options;
    private readonly ClickCounter _clicks;
    private readonly int _broker;
    private readonly List<Measurement> _results = [];
    private long _answered;
    private TimeSpan _slowestDrain;

    private RedirectBenchmark(BenchmarkOptions options, ClickCounter clicks, int broker) => (_options, _clicks, _broker) = (options, clicks, broker);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        using var timeout = new CancellationTokenSource(Limit);
        var machine = Machine.Description;
        Say($"Machine: {machine}");
        Say("Starting servers ...");
        await using var links = await Codes.ServeAsync();
        await using var model = await Installation.StartAsync("redirect", new Uri(links.Urls.First()), ["redirect", "gateway"], timeout.Token);
        await using var clicks = await ClickCounter.StartAsync(
            new Uri((await model.App.GetConnectionStringAsync(Installation.Broker, timeout.Token))!), timeout.Token);
        var benchmark = new RedirectBenchmark(options, clicks, model.ProcessId(Installation.Broker));
        return await benchmark.MeasureAsync(model, machine, timeout.Token);
    }

    private async Task<int> MeasureAsync(RunningModel model, string machine, CancellationToken cancellationToken)
    {
        var api = Target.Of(model, "bare API", counts: false, "bare-api");
        var redirect = Target.Of(model, "redirect", counts: true, "redirect");
        var nginx = Target.Of(model, "nginx", counts: false, "nginx");
        var proxy = Target.Of(model, "bare YARP → bare API", counts: false, "bare-proxy", "bare-api");
        var gateway = Target.Of(model, "gateway → redirect", counts: true, "gateway", "redirect");
        Target[] targets = [api, redirect, nginx, proxy, gateway];
        foreach (var target in targets)
        {
            await target.AnswersAsync(cancellationToken);
        }

        Say("Filling the cache ...");
        await redirect.FillCacheAsync(cancellationToken);
        Say("Warming up ...");
        (Workload Workload, Target Target)[] turns =
        [
            .. from workload in new[] { Workload.Hot, Workload.Zipf }
               from target in targets
               where _options.Parts.HasFlag(target == proxy || target == gateway ? Parts.Gateway : Parts.Direct)
               select (workload, target),
            .. from workload in new[] { Workload.Unknown, Workload.BrowsersZipf, Workload.BrowsersUnknown }
               where _options.Parts.HasFlag(Parts.Unknown)
               select (workload, redirect),
        ];
        if (_options.Parts.HasFlag(Parts.Unknown) && !_options.Parts.HasFlag(Parts.Direct))
        {
            // The baselines.
            turns = [(Workload.Zipf, redirect), .. turns];
        }

        foreach (var (workload, target) in turns)
        {
            await LoadAsync(workload, target, WarmUpSeconds, null, cancellationToken);
        }

        _results.Clear();
        for (var round = 1; round <= _options.Rounds; round++)
        {
            foreach (var (workload, target) in turns)
            {
                await LoadAsync(workload, target, _options.Seconds, null, cancellationToken);
            }
        }

        var report = new Report(_options, _results);
        foreach (var (ours, bare, part) in new[] { (redirect, api, Parts.Direct), (gateway, proxy, Parts.Gateway) })
        {
            if (!_options.Parts.HasFlag(Parts.Half | part))
            {
                continue;
            }

            var rate = Math.Min(report.PerSecond(Workload.Zipf, ours), report.PerSecond(Workload.Zipf, bare)) / 2;
            for (var round = 1; round <= _options.Rounds; round++)
            {
                await LoadAsync(Workload.Zipf, bare, _options.Seconds, rate, cancellationToken);
                await LoadAsync(Workload.Zipf, ours, _options.Seconds, rate, cancellationToken);
            }
        }

        var text = report.Write(machine, [api, redirect, nginx], [proxy, gateway], _answered, _clicks.Clicks, _slowestDrain);
        Say("");
        Say(text);
        if (_options.Report is { } file)
        {
            await Report.PutIntoAsync(file, "redirect", text, cancellationToken);
        }

        return _results.Any(measured => !measured.IsAsExpected) || _clicks.Clicks < _answered ? 1 : 0;
    }

    private async Task LoadAsync(Workload workload, Target target, int seconds, double? rate, CancellationToken cancellationToken)
    {
        var processor = ProcessorTimes.Of(target.Processes);
        var broker = ProcessorTimes.OfTree(_broker);
        var result = await Wrk.RunAsync(new Uri(target.Address, workload.Path), seconds, workload.Script, rate, cancellationToken, workload.Headers);
        if (target.Counts && !workload.IsRefused)
        {
            // The processing of these clicks must not count for the next server.
            _answered += result.Answers;
            await DrainAsync(cancellationToken);
        }

        var measured = new Measurement(
            workload, target, result,
            (ProcessorTimes.Of(target.Processes) - processor).TotalMicroseconds / result.Answers,
            result.Processor.TotalMicroseconds / result.Answers,
            (ProcessorTimes.OfTree(_broker) - broker).TotalMicroseconds / result.Answers,
            rate is not null);
        _results.Add(measured);
        Say(string.Create(CultureInfo.InvariantCulture,
            $"{workload.Name}{(rate is null ? "" : $" at {rate:n0}/s")}, {target.Name}: {result.PerSecond:n0}/s, p99 {result.P99:n2} ms, µs of processor each: {measured.Processor:n1}, wrk {measured.Load:n1}, broker {measured.Broker:n1}{(measured.IsAsExpected ? "" : $"; {result.Refused} REFUSED, {result.Errors} ERRORS")}"));
    }

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (_clicks.Clicks < _answered && clock.Elapsed < DrainLimit)
        {
            await Task.Delay(20, cancellationToken);
        }

        _slowestDrain = clock.Elapsed > _slowestDrain ? clock.Elapsed : _slowestDrain;
    }

    private static void Say(string text) => Console.WriteLine(text);
}
