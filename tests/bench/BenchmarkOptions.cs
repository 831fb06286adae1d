using System.Globalization;

namespace LinkShort.Bench;

/// <param name="Rounds">Each measures every server once, so that what else the machine does hits all alike. The median counts.</param>
/// <param name="Seconds">Of load, each time.</param>
/// <param name="Report">File that gets the result, such as docs/benchmarks.md; null for the console alone.</param>
internal sealed record BenchmarkOptions(int Rounds, int Seconds, string? Report)
{
    public static BenchmarkOptions Parse(string[] args)
    {
        var options = new BenchmarkOptions(5, 4, null);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            options = args[i] switch
            {
                "--rounds" => options with { Rounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--report" => options with { Report = args[i + 1] },
                _ => throw new ArgumentException($"There is no option {args[i]}; there are --rounds, --seconds and --report."),
            };
        }

        return options;
    }
}
