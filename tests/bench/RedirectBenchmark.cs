using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace LinkShort.Bench;

/// <summary>
/// Redirects a second: redirect against a bare minimal API, the gateway in front of redirect against a bare YARP in front of that API.
/// All on one machine with the load generator, in turns, so only the ratios mean something elsewhere.
/// </summary>
internal static class RedirectBenchmark
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        using var timeout = new CancellationTokenSource(Limit);
        Say($"Machine: {Machine.Description}");
        Say("Starting servers ...");
        await using var links = await Codes.ServeAsync();
        var data = Directory.CreateTempSubdirectory("linkshort-bench-").FullName;
        try
        {
            return await MeasureAsync(options, new Uri(links.Urls.First()), data, timeout.Token);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<int> MeasureAsync(BenchmarkOptions options, Uri links, string data, CancellationToken cancellationToken)
    {
        await using var app = await StartAsync(links, data, cancellationToken);
        await using var clicks = await ClickCounter.StartAsync(
            new Uri((await app.GetConnectionStringAsync("messaging", cancellationToken))!), cancellationToken);
        Target[] targets =
        [
            Target.Of(app, "bare API", counts: false, "bare-api"),
            Target.Of(app, "redirect", counts: true, "redirect"),
            Target.Of(app, "bare YARP → bare API", counts: false, "bare-proxy", "bare-api"),
            Target.Of(app, "gateway → redirect", counts: true, "gateway", "redirect"),
        ];
        foreach (var target in targets)
        {
            await AnswersAsync(target, cancellationToken);
        }

        // What is measured is the memory of a server that has run for a while: each code was asked for once.
        Say("Filling the cache ...");
        await FillCacheAsync(targets[1], cancellationToken);
        Workload[] workloads = [new("one hot code", "b1", null), new("10,000 codes, Zipf", "", Path.Combine(AppContext.BaseDirectory, "zipf.lua"))];
        var answered = 0L;
        List<Measurement> results = [];
        Say("Warming up ...");
        foreach (var target in targets)
        {
            foreach (var workload in workloads)
            {
                var warm = await Wrk.RunAsync(new Uri(target.Address, workload.Path), 3, workload.Script, cancellationToken);
                answered += target.Counts ? warm.Answers : 0;
            }
        }

        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var workload in workloads)
            {
                foreach (var target in targets)
                {
                    var before = target.ProcessorTime();
                    var result = await Wrk.RunAsync(new Uri(target.Address, workload.Path), options.Seconds, workload.Script, cancellationToken);
                    var processor = (target.ProcessorTime() - before).TotalMicroseconds / result.Answers;
                    Say(string.Create(CultureInfo.InvariantCulture,
                        $"round {round}, {workload.Name}, {target.Name}: {result.PerSecond:n0}/s, p99 {result.P99:n2} ms, {processor:n1} µs of processor each{(result.Errors > 0 ? $", {result.Errors} ERRORS" : "")}"));
                    results.Add(new Measurement(workload, target, result, processor));
                    answered += target.Counts ? result.Answers : 0;
                }
            }
        }

        var drained = await DrainAsync(clicks, answered, cancellationToken);
        Print(options, targets, workloads, results, answered, clicks.Clicks, drained);
        return results.Any(measured => measured.Result.Errors > 0) || clicks.Clicks < answered ? 1 : 0;
    }

    private static async Task<DistributedApplication> StartAsync(Uri links, string data, CancellationToken cancellationToken)
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var redirectDb = builder.AddPostgres("postgres").AddDatabase("redirectdb");
        var cache = builder.AddRedis("cache");
        var messaging = builder.AddRabbitMQ("messaging");
        const string Key = "internal-key-of-the-benchmark-0123456789";

        var redirect = builder.AddProject<Projects.LinkShort_Redirect>("redirect")
            .WithReference(redirectDb).WaitFor(redirectDb)
            .WithReference(cache).WaitFor(cache)
            .WithReference(messaging).WaitFor(messaging)
            .WithEnvironment("services__links__http__0", links.AbsoluteUri)
            .WithEnvironment("services__identity__http__0", links.AbsoluteUri)
            .WithEnvironment("LINKSHORT_DATA", data)
            .WithEnvironment("Internal__Key", Key)
            .WithHttpHealthCheck("/health");
        var gateway = builder.AddProject<Projects.LinkShort_Gateway>("gateway")
            .WithReference(cache).WaitFor(cache)
            .WithReference(messaging).WaitFor(messaging)
            .WithReference(redirect).WaitFor(redirect)
            .WithEnvironment("LINKSHORT_DATA", data)
            .WithEnvironment("Internal__Key", Key)
            .WithHttpHealthCheck("/alive");
        foreach (var other in new[] { "identity", "links", "analytics", "notification", "web" })
        {
            gateway.WithEnvironment($"services__{other}__http__0", links.AbsoluteUri);
        }

        // The bare servers are this program again, in processes of their own.
        var self = Assembly.GetExecutingAssembly().Location;
        var api = Bare("bare-api");
        Bare("bare-proxy", api.GetEndpoint("http"));

        var app = await builder.BuildAsync(cancellationToken);
        await app.StartAsync(cancellationToken);
        foreach (var name in new[] { "redirect", "gateway" })
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(name, cancellationToken);
        }

        return app;

        IResourceBuilder<ExecutableResource> Bare(string name, EndpointReference? destination = null)
        {
            var executable = builder.AddExecutable(name, "dotnet", AppContext.BaseDirectory, self, name).WithHttpEndpoint(name: "http", env: "BENCH_PORT");
            return destination is null ? executable : executable.WithEnvironment("BENCH_DESTINATION", destination);
        }
    }

    /// <summary>Every server answers the same thing before anything is measured.</summary>
    private static async Task AnswersAsync(Target target, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = target.Address };
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                // HEAD is no click: the count below has to come out exactly.
                using var request = new HttpRequestMessage(target.Counts ? HttpMethod.Head : HttpMethod.Get, "/b10000");
                using var response = await http.SendAsync(request, cancellationToken);
                if (response.Headers.Location?.OriginalString == Codes.Destination)
                {
                    return;
                }

                throw new InvalidOperationException($"{target.Name} answers {(int)response.StatusCode}.");
            }
            catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException && clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }

    private static async Task FillCacheAsync(Target target, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = target.Address };
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Codes.Count),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken },
            async (number, token) =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Head, $"/b{number}");
                using var response = await http.SendAsync(request, token);
                if (response.Headers.Location is null)
                {
                    throw new InvalidOperationException($"{target.Name} answers {(int)response.StatusCode} for b{number}.");
                }
            });
    }

    private static async Task<TimeSpan> DrainAsync(ClickCounter clicks, long answered, CancellationToken cancellationToken)
    {
        Say($"Waiting for clicks: {clicks.Clicks:n0} of {answered:n0} arrived while measuring ...");
        var clock = Stopwatch.StartNew();
        while (clicks.Clicks < answered && clock.Elapsed < DrainLimit)
        {
            await Task.Delay(50, cancellationToken);
        }

        return clock.Elapsed;
    }

    private static void Print(
        BenchmarkOptions options, Target[] targets, Workload[] workloads, List<Measurement> results,
        long answered, long clicks, TimeSpan drained)
    {
        Say("");
        Say(string.Create(CultureInfo.InvariantCulture,
            $"Medians of {options.Rounds} rounds of {options.Seconds} s each; wrk, 1 thread, {Wrk.Connections} connections, on the same machine."));
        foreach (var workload in workloads)
        {
            Say("");
            Say($"| {workload.Name} | redirects/s | ratio | p99 ms | processor µs each |");
            Say("|---|---:|---:|---:|---:|");
            for (var i = 0; i < targets.Length; i++)
            {
                // Bare and ours come in pairs.
                var perSecond = Median(targets[i], measured => measured.Result.PerSecond);
                var ratio = perSecond / Median(targets[i - (i % 2)], measured => measured.Result.PerSecond);
                Say(string.Create(CultureInfo.InvariantCulture,
                    $"| {targets[i].Name} | {perSecond:n0} | {ratio:n2} | {Median(targets[i], measured => measured.Result.P99):n2} | {Median(targets[i], measured => measured.Processor):n1} |"));
            }

            double Median(Target target, Func<Measurement, double> value) =>
                Middle(results.Where(measured => measured.Workload == workload && measured.Target == target).Select(value));
        }

        Say("");
        Say(string.Create(CultureInfo.InvariantCulture,
            $"Clicks: {answered:n0} redirects answered, {clicks:n0} clicks arrived at the broker's consumer; the last {drained.TotalSeconds:n1} s after the load ended."));

        static double Middle(IEnumerable<double> values)
        {
            var sorted = values.Order().ToArray();
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    private static void Say(string text) => Console.WriteLine(text);

    /// <param name="Counts">Each of its answers is a click.</param>
    /// <param name="Processes">Those that an answer passes.</param>
    private sealed record Target(string Name, Uri Address, bool Counts, int[] Processes)
    {
        public static Target Of(DistributedApplication app, string name, bool counts, params string[] resources) => new(
            name, app.GetReplicaEndpoints(resources[0])[0], counts, [.. resources.SelectMany(app.GetProcessIds)]);

        public TimeSpan ProcessorTime()
        {
            var total = TimeSpan.Zero;
            foreach (var id in Processes)
            {
                using var process = Process.GetProcessById(id);
                total += process.TotalProcessorTime;
            }

            return total;
        }
    }

    /// <param name="Processor">Microseconds of processor time per answer, in the processes that it passes: steadier than answers a second
    /// when the machine is busy with other things. Includes what redirect does for its clicks meanwhile.</param>
    private sealed record Measurement(Workload Workload, Target Target, WrkResult Result, double Processor);

    private sealed record Workload(string Name, string Path, string? Script);
}
