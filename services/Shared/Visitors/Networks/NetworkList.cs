using System.Net;

namespace LinkShort.Visitors.Networks;

/// <summary>An operator's list of networks: one <c>cidr class</c> per line; <c>#</c> starts a comment.</summary>
internal static class NetworkList
{
    /// <param name="errors">One for each invalid line, with its number.</param>
    public static IReadOnlyList<(IPNetwork Network, ClickClass Class)> Parse(IEnumerable<string> lines, out IReadOnlyList<string> errors)
    {
        List<(IPNetwork, ClickClass)> networks = [];
        List<string> found = [];
        var number = 0;
        foreach (var line in lines)
        {
            number++;
            var text = line.AsSpan();
            var comment = text.IndexOf('#');
            var parts = (comment < 0 ? line : line[..comment]).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length == 0)
            {
                continue;
            }

            if (parts.Length != 2)
            {
                found.Add($"line {number}: write a network and a class, like '192.0.2.0/24 crawler'");
            }
            else if (Network(parts[0]) is not { } network)
            {
                found.Add($"line {number}: '{parts[0]}' is not a network. Write a CIDR like 192.0.2.0/24 or 2001:db8::/32");
            }
            else if (ClickClasses.Parse(parts[1]) is not { } @class)
            {
                found.Add($"line {number}: '{parts[1]}' is not a class. Write {string.Join(", ", ClickClasses.Names)} (human undoes a built-in network)");
            }
            else
            {
                networks.Add((network, @class));
            }
        }

        errors = found;
        return networks;
    }

    private static IPNetwork? Network(string text) =>
        text.Contains('/') ? IPNetwork.TryParse(text, out var network) ? network : null
        : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;
}
