namespace LinkShort.RedirectCosts.Tests;

/// <summary>A Zipf distribution with exponent 1: the n-th most popular link is requested 1/n as often as the first.</summary>
internal static class Zipf
{
    /// <returns>Numbers of links from 0, with shuffled popularity.</returns>
    public static IEnumerable<int> Trace(int links, int length, int seed)
    {
        var random = new Random(seed);
        var numbers = Enumerable.Range(0, links).ToArray();
        random.Shuffle(numbers);
        var cumulative = new double[links];
        var total = 0.0;
        for (var rank = 0; rank < links; rank++)
        {
            cumulative[rank] = total += 1.0 / (rank + 1);
        }

        for (var i = 0; i < length; i++)
        {
            var at = Array.BinarySearch(cumulative, random.NextDouble() * total);
            yield return numbers[at < 0 ? ~at : at];
        }
    }
}
