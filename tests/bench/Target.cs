using System.Diagnostics;
using Aspire.Hosting.Testing;
using LinkShort.Testing;

namespace LinkShort.Bench;

/// <summary>A server under measurement.</summary>
/// <param name="Counts">Each of its responses is a click.</param>
/// <param name="Processes">The processes that take part in a response.</param>
internal sealed record Target(string Name, Uri Address, bool Counts, int[] Processes)
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    public static Target Of(RunningModel model, string name, bool counts, params string[] resources) => new(
        name, model.App.GetEndpoint(resources[0], "http"), counts, [.. resources.Select(model.ProcessId)]);

    /// <summary>Checks before the measurement that every server responds in the same way.</summary>
    public async Task AnswersAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                // HEAD, which is not a click, because the number of clicks has to be exact.
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

    /// <summary>Requests each link once, so that the caches are those of a server that has run for a while.</summary>
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
/// <param name="IsRefused">No response is a redirect.</param>
/// <param name="Headers">Field lines beyond <c>Host</c>; null for none, like scanners and load generators.</param>
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
/// <param name="Processor">Microseconds of processor time per response, in the processes that take part: on a busy machine steadier than responses
/// per second. Includes the publishing of redirect's clicks.</param>
/// <param name="Load">The load generator's.</param>
/// <param name="Broker">RabbitMQ's.</param>
/// <param name="IsPaced">At a given rate, not at the highest.</param>
internal sealed record Measurement(
    Workload Workload, Target Target, WrkResult Result, double Processor, double Load, double Broker, bool IsPaced)
{
    public bool IsAsExpected => Result.Errors == 0 && Result.Refused == (Workload.IsRefused ? Result.Answers : 0);
}
