using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.ApiKeys;

/// <summary>The CIDRs that an API key may be used from. A single address is a network of one.</summary>
public static class AllowedNetworks
{
    public const int MaxNetworks = 50;

    /// <summary>Adds an error for each invalid entry: <c>allowedNetworks[2]</c>.</summary>
    /// <returns>Canonical and without duplicates, in the given order. Null, which allows any, for null.</returns>
    public static string[]? Parse(IReadOnlyList<string?>? sent, ValidationErrors errors)
    {
        if (sent is null)
        {
            return null;
        }

        if (sent.Count is 0 or > MaxNetworks)
        {
            errors.Add("allowedNetworks", IdentityTexts.Of("apiKeys.networks", ("max", MaxNetworks)));
            return null;
        }

        var networks = new List<string>();
        for (var i = 0; i < sent.Count; i++)
        {
            if (TryParse(sent[i], out var network))
            {
                networks.Add(network.ToString());
            }
            else
            {
                errors.Add(string.Create(CultureInfo.InvariantCulture, $"allowedNetworks[{i}]"), IdentityTexts.Of("apiKeys.network"));
            }
        }

        return [.. networks.Distinct(StringComparer.Ordinal)];
    }

    /// <param name="networks">As stored; null contains every address.</param>
    public static bool Contain(IReadOnlyList<string>? networks, IPAddress? address)
    {
        if (networks is null)
        {
            return true;
        }

        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && networks.Any(network => IPNetwork.Parse(network).Contains(plain));
    }

    private static bool TryParse(string? text, out IPNetwork network)
    {
        network = default;
        if (text is null)
        {
            return false;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        // IPAddress also parses "1" and "0x7f.1", which are typing errors here.
        if (!IPAddress.TryParse(host, out var address) || host.Contains('%', StringComparison.Ordinal)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != host))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        var bits = bytes.Length * 8;
        var length = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
        {
            return false;
        }

        if (address.IsIPv4MappedToIPv6)
        {
            if (length < 96)
            {
                return false;
            }

            (bytes, length) = (bytes[12..], length - 96);
        }

        // 10.1.2.3/8 means 10.0.0.0/8.
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }
}
