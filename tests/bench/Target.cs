using System.Diagnostics;
using Aspire.Hosting.Testing;
using LinkShort.Testing;

namespace LinkShort.Bench;

/// <summary>A server that is measured.</summary>
/// <param name="Counts">Each of its answers is a click.</param>
/// <param name="Processes">Those that an answer passes.</param>
internal sealed record Target(string Name, Uri Address, bool Counts, int[] Processes)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public static Target Of(RunningModel model, string name, bool counts, params string[] resources) => new(
        name, model.App.GetEndpoint(resources[0], "http"), counts, [.. resources.Select(model.ProcessId)]);

    /// <summary>Every server answers the same thing before anything is measured.</summary>
    public async Task AnswersAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                // HEAD is no click: the count has to come out exactly.
                using var request = new HttpRequestMessage(Counts ? HttpMethod.Head : HttpMethod.Get, $"/b{Codes.Count}");
                using var response = await http.SendAsync(request, cancellationToken);
                if (response.Headers.Location?.OriginalString == Codes.Destination)
                {
                    return;
                }

                throw new InvalidOperationException($"{Name} answers {(int)response.StatusCode}.");
            }
            catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException && clock.Elapsed < StartLimit)
            {
                await Task.Delay(200, cancellationToken);
            }
        }
    }

    /// <summary>Asks for each link once. What is measured is the memory of a server that has run for a while.</summary>
    public async Task FillCacheAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        await Parallel.ForEachAsync(
            Enumerable.Range(1, Codes.Count),
            new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken },
            async (number, token) =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Head, $"/b{number}");
                using var response = await http.SendAsync(request, token);
                if (response.Headers.Location is null)
                {
                    throw new InvalidOperationException($"{Name} answers {(int)response.StatusCode} for b{number}.");
                }
            });
    }
}

/// <param name="Script">For wrk; null for one address.</param>
/// <param name="IsRefused">No answer is a redirect.</param>
/// <param name="Headers">Field lines beyond <c>Host</c>; null for none, as scanners and load generators ask.</param>
internal sealed record Workload(string Name, string Path, string? Script, bool IsRefused = false, string[]? Headers = null)
{
    /// <summary>Firefox following a link on another site.</summary>
    private static readonly string[] Browser =
    [
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Accept-Language: en-US,en;q=0.5",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Referer: https://news.example/",
    ];

    public static readonly Workload Hot = new("one hot code", "b1", null);
    public static readonly Workload Zipf = new("10,000 codes, Zipf", "", ScriptOf("zipf.lua"));
    public static readonly Workload Unknown = new("unknown codes", "", ScriptOf("unknown.lua"), IsRefused: true);
    public static readonly Workload BrowsersZipf = new("10,000 codes, Zipf, as browsers ask", "", ScriptOf("zipf.lua"), Headers: Browser);
    public static readonly Workload BrowsersUnknown = new("unknown codes, as browsers ask", "", ScriptOf("unknown.lua"), IsRefused: true, Headers: Browser);

    private static string ScriptOf(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, name);
}

/// <summary>One run of wrk.</summary>
/// <param name="Processor">Microseconds of processor time per answer, in the processes that it passes: steadier than answers a second
/// when the machine is busy with other things. Includes what redirect does for its clicks, to the last one.</param>
/// <param name="Load">The load generator's.</param>
/// <param name="Broker">RabbitMQ's.</param>
/// <param name="IsPaced">At a given rate, not at the highest.</param>
internal sealed record Measurement(
    Workload Workload, Target Target, WrkResult Result, double Processor, double Load, double Broker, bool IsPaced)
{
    public bool IsAsExpected => Result.Errors == 0 && Result.Refused == (Workload.IsRefused ? Result.Answers : 0);
}
