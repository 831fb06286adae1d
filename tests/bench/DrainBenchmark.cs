using System.Diagnostics;
using System.Globalization;
using System.Text;
using Aspire.Hosting.Testing;
using LinkShort.Testing;
using LinkShort.Redirect;
using LinkShort.Redirect.Clicks;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LinkShort.Bench;

/// <param name="Clicks">In each backlog.</param>
/// <param name="Rate">Redirects per second in the meantime.</param>
/// <param name="Rounds">Of redirects without and with a backlog, in turn. The median counts.</param>
/// <param name="Report">File for the result, such as docs/benchmarks.md; null for only the console.</param>
internal sealed record DrainOptions(int Clicks, int Rate, int Rounds, string? Report)
{
    public static DrainOptions Parse(string[] args)
    {
        var options = new DrainOptions(1_000_000, 2_000, 3, null);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            options = args[i] switch
            {
                "--clicks" => options with { Clicks = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--rate" => options with { Rate = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--rounds" => options with { Rounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--report" => options with { Report = args[i + 1] },
                _ => throw new ArgumentException($"There is no option {args[i]}; there are --clicks, --rate, --rounds and --report."),
            };
        }

        return options;
    }
}

/// <summary>
/// How fast a backlog of clicks gets from redirect's spool into analytics' raw store, and how that affects redirects: a spool is written like that
/// of a redirect process that has exited, and the running one adopts it. All on one machine, with the load generator.
/// </summary>
internal static class DrainBenchmark
{
    private const string Key = "internal-key-of-the-benchmark-0123456789";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    public static async Task<int> RunAsync(DrainOptions options)
    {
        using var timeout = new CancellationTokenSource(Limit);
        var machine = Machine.Description;
        Say($"Machine: {machine}");
        Say("Starting servers ...");
        await using var links = await Codes.ServeAsync();
        await using var model = await Installation.StartAsync("drain", new Uri(links.Urls.First()), ["redirect", "analytics"], timeout.Token);
        var report = await MeasureAsync(model, options, machine, timeout.Token);
        Say("");
        Say(report.Text);
        if (options.Report is { } file)
        {
            await Report.PutIntoAsync(file, "drain", report.Text, timeout.Token);
        }

        return report.IsExact ? 0 : 1;
    }

    private static async Task<(string Text, bool IsExact)> MeasureAsync(
        RunningModel model, DrainOptions options, string machine, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create((await model.App.GetConnectionStringAsync("analyticsdb", cancellationToken))!);
        var redirect = model.App.GetEndpoint("redirect", "http");
        var script = Path.Combine(AppContext.BaseDirectory, "zipf.lua");
        Say("Warming up ...");
        await Wrk.RunAsync(redirect, 5, script, null, cancellationToken);
        var backlog = new Backlog(model.DataDirectory);
        backlog.Write(Math.Min(50_000, options.Clicks), isHot: false);
        await DrainAsync(model, database, backlog, cancellationToken);
        await RolledUpAsync(database, cancellationToken);

        List<Result> results = [];
        foreach (var isHot in new[] { true, false })
        {
            var name = isHot ? "one hot link" : "10,000 links, Zipf";
            backlog.Write(options.Clicks, isHot);
            var alone = await DrainAsync(model, database, backlog, cancellationToken);
            Say(string.Create(CultureInfo.InvariantCulture, $"{name}: {alone.PerSecond:n0} clicks/s into the raw store ({alone.Elapsed.TotalSeconds:n1} s)"));
            var rollups = await RolledUpAsync(database, cancellationToken);
            Say(string.Create(CultureInfo.InvariantCulture, $"{name}: rollups complete {rollups.TotalSeconds:n1} s later"));

            var seconds = Math.Max(3, (int)(alone.Elapsed.TotalSeconds * 0.7));
            List<Round> rounds = [];
            for (var round = 0; round < options.Rounds; round++)
            {
                var quiet = await Wrk.RunAsync(redirect, seconds, script, options.Rate, cancellationToken);
                backlog.Write(options.Clicks, isHot);
                Task<WrkResult>? load = null;
                var loaded = await DrainAsync(model, database, backlog, cancellationToken, () => load = Wrk.RunAsync(redirect, seconds, script, options.Rate, cancellationToken));
                var busy = await load!;
                await RolledUpAsync(database, cancellationToken);
                Say(string.Create(CultureInfo.InvariantCulture,
                    $"{name}, with {options.Rate:n0} redirects/s: {loaded.PerSecond:n0} clicks/s; p99 {busy.P99:n2} ms, without the backlog {quiet.P99:n2} ms: {busy.P99 / quiet.P99:n2}"));
                rounds.Add(new Round(loaded, quiet, busy));
            }

            results.Add(new Result(name, alone, rollups, rounds));
        }

        return (Write(options, machine, results), results.All(result => result.IsAsExpected));
    }

    /// <summary>From the moment at which redirect finds the backlog until all of it is committed.</summary>
    /// <param name="began">Called when the first clicks have arrived.</param>
    private static async Task<Drain> DrainAsync(
        RunningModel model, NpgsqlDataSource database, Backlog backlog, CancellationToken cancellationToken, Action? began = null)
    {
        var before = await BytesAsync(database, cancellationToken);
        var processorBefore = Processor(model);
        backlog.Abandon();
        var clock = Stopwatch.StartNew();
        TimeSpan? first = null;
        var atFirst = before;
        while (first is null || Directory.Exists(backlog.Folder))
        {
            await Task.Delay(20, cancellationToken);
            if (first is null && await BytesAsync(database, cancellationToken) is var bytes && bytes > before)
            {
                (first, atFirst) = (clock.Elapsed, bytes);
                began?.Invoke();
            }
        }

        // Everything is in the broker. Counting rows is expensive, so it starts only now.
        await using var count = Of(database, backlog, "select count(*) from clicks where workspace_id = $1");
        TimeSpan last;
        do
        {
            last = clock.Elapsed;
        }
        while ((long)(await count.ExecuteScalarAsync(cancellationToken))! < backlog.Count);

        var processor = Processor(model).Zip(processorBefore, (now, then) => now with { Time = now.Time - then.Time }).ToArray();
        // Rows committed before the first look are not part of the measured time.
        var counted = backlog.Count * (1 - ((atFirst - before) / (double)(await BytesAsync(database, cancellationToken) - before)));
        await using var exact = Of(database, backlog, "select count(*), count(distinct click_id) from clicks where workspace_id = $1");
        await using var reader = await exact.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (stored, distinct) = (reader.GetInt64(0), reader.GetInt64(1));
        var costs = string.Join(", ", processor.Select(each => string.Create(CultureInfo.InvariantCulture, $"{each.Name} {each.Time.TotalMicroseconds / backlog.Count:n1}")));
        Say(string.Create(CultureInfo.InvariantCulture, $"  {backlog.Count:n0} spooled, {stored:n0} stored, {distinct:n0} distinct; processor µs a click: {costs}"));
        return new Drain(last - first.Value, counted, backlog.Count, stored == backlog.Count && distinct == backlog.Count, processor);
    }

    private static NpgsqlCommand Of(NpgsqlDataSource database, Backlog backlog, string sql)
    {
        var command = database.CreateCommand(sql);
        command.CommandTimeout = 120;
        command.Parameters.Add(new NpgsqlParameter { Value = backlog.Workspace });
        return command;
    }

    /// <summary>The size of the raw clicks shows whether there are more, without counting them.</summary>
    private static async Task<long> BytesAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select coalesce(sum(pg_relation_size(inhrelid)), 0)::bigint from pg_inherits where inhparent = 'clicks'::regclass");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<TimeSpan> RolledUpAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        await using var command = database.CreateCommand("select exists (select from unrolled_batches)");
        while (await command.ExecuteScalarAsync(cancellationToken) is true)
        {
            await Task.Delay(50, cancellationToken);
        }

        return clock.Elapsed;
    }

    private static List<(string Name, TimeSpan Time)> Processor(RunningModel model) =>
        [.. new[] { "redirect", "messaging", "analytics", "postgres" }.Select(name =>
            (name, ProcessorTimes.OfTree(model.ProcessId(name))))];

    private static string Write(DrainOptions options, string machine, List<Result> results)
    {
        var text = new StringBuilder();
        Line($"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}. Machine: {machine}.");
        Line($"");
        Line($"{options.Clicks:n0} spooled clicks; wrk, 1 thread, {Wrk.Connections} connections, {options.Rate:n0} redirects/s of 10,000 codes (Zipf), on the same machine. Under load: medians of {options.Rounds} rounds.");
        Line($"");
        Line($"| backlog of | into the raw store, clicks/s (aimed at: ≥ 50,000) | the same under load | redirects' p99 ms, without → with the backlog | ratio (≤ 2), each round's | rollups complete after |");
        Line($"|---|---:|---:|---:|---:|---:|");
        foreach (var (name, alone, rollups, rounds) in results)
        {
            var ratios = string.Join(", ", rounds.Select(round => round.Ratio.ToString("n2", CultureInfo.InvariantCulture)));
            Line($"| {name} | {alone.PerSecond:n0} | {Median(rounds, round => round.Loaded.PerSecond):n0} | {Median(rounds, round => round.Quiet.P99):n2} → {Median(rounds, round => round.Busy.P99):n2} | **{Median(rounds, round => round.Ratio):n2}**: {ratios} | {rollups.TotalSeconds:n1} s |");
        }

        Line($"");
        Line($"| processor µs a click | redirect | RabbitMQ | analytics | PostgreSQL |");
        Line($"|---|---:|---:|---:|---:|");
        foreach (var result in results)
        {
            Line($"| {result.Name} | {string.Join(" | ", result.Alone.Processor.Select(each => (each.Time.TotalMicroseconds / result.Alone.Clicks).ToString("n1", CultureInfo.InvariantCulture)))} |");
        }

        Line($"");
        Line($"{(results.All(result => result.Alone.IsExact && result.Rounds.All(round => round.Loaded.IsExact)) ? "Each spooled click is in the raw store exactly once." : "CLICKS ARE MISSING OR DOUBLE.")}");
        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static double Median(List<Round> rounds, Func<Round, double> value) => Report.Middle(rounds.Select(value));

    private static void Say(string text) => Console.WriteLine(text);

    /// <param name="Quiet">Redirects right before, without a backlog.</param>
    /// <param name="Busy">Redirects while it drained.</param>
    private sealed record Round(Drain Loaded, WrkResult Quiet, WrkResult Busy)
    {
        public double Ratio => Busy.P99 / Quiet.P99;
    }

    private sealed record Result(string Name, Drain Alone, TimeSpan Rollups, List<Round> Rounds)
    {
        public bool IsAsExpected => Alone.IsExact && Rounds.All(round =>
            round.Loaded.IsExact && round.Quiet.Errors + round.Quiet.Refused + round.Busy.Errors + round.Busy.Refused == 0);
    }

    /// <param name="Elapsed">From the first commit to the last.</param>
    /// <param name="Counted">Clicks committed in that time.</param>
    /// <param name="IsExact">Each click was stored exactly once.</param>
    private sealed record Drain(TimeSpan Elapsed, double Counted, int Clicks, bool IsExact, IReadOnlyList<(string Name, TimeSpan Time)> Processor)
    {
        public double PerSecond => Counted / Elapsed.TotalSeconds;
    }

    /// <summary>The spool of a redirect process that has exited.</summary>
    private sealed class Backlog(string data)
    {
        private static readonly string[] Agents =
        [
            .. from browser in Enumerable.Range(110, 25)
               from system in new[] { "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64", "Linux; Android 10; K" }
               select $"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{browser}.0.0.0 {(system.EndsWith('K') ? "Mobile " : "")}Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ];

        private static readonly string[] Languages = ["de-DE,de;q=0.9,en;q=0.8", "en-US,en;q=0.9", "fr-FR,fr;q=0.9", "es-ES,es;q=0.8,en;q=0.5"];
        private readonly SpoolQuota _quota = new(Options.Create(new RedirectOptions { SpoolQuotaBytes = 1L << 33 }));
        private Spool? _spool;

        /// <summary>The workspace of all its clicks and no others.</summary>
        public Guid Workspace { get; private set; }

        public int Count { get; private set; }

        public string Folder { get; private set; } = "";

        /// <summary>Of the last ten minutes, with realistic links, visitors and headers in random order.</summary>
        public void Write(int clicks, bool isHot)
        {
            Say(string.Create(CultureInfo.InvariantCulture, $"Spooling {clicks:n0} clicks ..."));
            _spool = Spool.Create(Path.Combine(data, "spool"), _quota, new RedirectOptions().SpoolSegmentBytes);
            (Folder, Workspace, Count) = (_spool.Folder, Guid.CreateVersion7(), clicks);
            var random = new Random(20261121);
            var links = isHot ? 1 : Codes.Count;
            var cumulative = new double[links];
            for (var (rank, sum) = (0, 0.0); rank < links; rank++)
            {
                cumulative[rank] = sum += 1.0 / (rank + 1);
            }

            var start = TimeProvider.System.GetUtcNow().AddMinutes(-10);
            Span<byte> record = new byte[ClickRecord.MaxSize];
            for (var i = 0; i < clicks; i++)
            {
                var place = Array.BinarySearch(cumulative, random.NextDouble() * cumulative[^1]);
                var link = new Guid(Math.Min(links - 1, place < 0 ? ~place : place) + 1, 0, 0, new byte[8]);
                var length = ClickRecord.Write(
                    record, start.AddTicks(i * 10 * TimeSpan.TicksPerMinute / clicks), link, Workspace, random.NextInt64(clicks / 4),
                    new ClickHeaders(
                        Agents[random.Next(Agents.Length)], random.Next(3) == 0 ? null : $"https://site{random.Next(200)}.example/page",
                        Languages[random.Next(Languages.Length)], null),
                    new ClickOrigin("DE", "Bavaria", random.Next(2) == 0 ? "Munich" : "Nuremberg", null, null));
                if (!_spool.TryAppend(record[..length], out var reason))
                {
                    throw new InvalidOperationException($"The spool takes no more: {reason}.");
                }
            }
        }

        /// <summary>Simulates the exit of its process, which releases the lock.</summary>
        public void Abandon() => _spool!.Dispose();
    }
}
