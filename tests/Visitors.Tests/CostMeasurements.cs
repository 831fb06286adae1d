using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace LinkShort.Visitors.Tests;

/// <summary>The cost of classifying a visitor, compared with hashing the same text.</summary>
public sealed class CostMeasurements(ITestOutputHelper output)
{
    private const int Calls = 100;
    private const int Rounds = 9;

    [Fact]
    public void Classifying_a_visitor_costs_no_more_than_a_few_hashes_of_the_same_text()
    {
        // Weighted by frequency: the median visitor, not the median user agent.
        var agents = Lists.All.Browsers.SelectMany(browser => Enumerable.Repeat(browser.UserAgent, Math.Max(1, browser.Count / 10))).ToList();
        var bytes = agents.ConvertAll(Encoding.Latin1.GetBytes);
        var classify = new double[agents.Count];
        var hash = new double[agents.Count];
        var sink = 0;
        for (var round = 0; round < 2; round++)
        {
            // The first round warms up the JIT.
            for (var i = 0; i < agents.Count; i++)
            {
                var (agent, text) = (agents[i], bytes[i]);
                classify[i] = Nanoseconds(() => sink += (int)VisitorClassifier.Classify(agent, null, true, null));
                hash[i] = Nanoseconds(() => sink += Hash(text));
            }
        }

        var (ours, baseline) = (Median(classify), Median(hash));
        output.WriteLine($"Median of {agents.Count} visitors: {ours:F0} ns to classify, {baseline:F0} ns for a SHA-256 of the same header: ratio {ours / baseline:F2}. ({sink & 1})");
#if DEBUG
        output.WriteLine("Not compared: the loop is not optimized in this build.");
#else
        (ours / baseline).ShouldBeLessThan(3);
#endif
    }

    private static int Hash(byte[] text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, hash);
        return hash[0];
    }

    /// <summary>The minimum of several short rounds, which excludes other load on the machine.</summary>
    private static double Nanoseconds(Action action)
    {
        var least = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < Calls; i++)
            {
                action();
            }

            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalNanoseconds / Calls);
        }

        return least;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
