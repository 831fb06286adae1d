using System.Globalization;

namespace LinkShort.Bench;

[Flags]
internal enum Parts
{
    /// <summary>redirect against the bare API and nginx.</summary>
    Direct = 1,

    /// <summary>The gateway against the bare YARP.</summary>
    Gateway = 2,

    /// <summary>Unknown codes against known ones.</summary>
    Unknown = 4,

    /// <summary>p99 at half the maximum rate of each server.</summary>
    Half = 8,

    All = Direct | Gateway | Unknown | Half,
}

/// <param name="Rounds">Each measures every server once, so that other load on the machine affects all of them. The median is reported.</param>
/// <param name="Seconds">Duration of the load in each measurement.</param>
/// <param name="Parts">What is measured.</param>
/// <param name="Report">File that gets the result, such as docs/benchmarks.md; null for only the console.</param>
internal sealed record BenchmarkOptions(int Rounds, int Seconds, Parts Parts, string? Report)
{
    public static BenchmarkOptions Parse(string[] args)
    {
        var options = new BenchmarkOptions(5, 4, Parts.All, null);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            options = args[i] switch
            {
                "--rounds" => options with { Rounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--seconds" => options with { Seconds = int.Parse(args[i + 1], CultureInfo.InvariantCulture) },
                "--parts" => options with { Parts = Enum.Parse<Parts>(args[i + 1], ignoreCase: true) },
                "--report" => options with { Report = args[i + 1] },
                _ => throw new ArgumentException($"There is no option {args[i]}; there are --rounds, --seconds, --parts and --report."),
            };
        }

        return options;
    }
}
