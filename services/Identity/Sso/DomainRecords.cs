using DnsClient;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>No DNS server returned a usable answer.</summary>
public sealed class DnsUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Looks up the TXT records that verify domains.</summary>
public sealed class DomainRecords(IOptions<DnsOptions> options)
{
    /// <summary>RFC 1035, 2.3.4, without the last dot: a longer name has no records.</summary>
    private const int MaxName = 253;

    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(6);

    /// <param name="name">In ASCII, without the last dot.</param>
    /// <returns>The text of each record, its strings joined; empty if the name does not exist or has no such record.</returns>
    /// <exception cref="DnsUnavailableException">No answer within six seconds, or the server failed.</exception>
    public async Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxName)
        {
            return [];
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            // Verifying a domain is rare: a new client per lookup picks up the machine's current settings and shares no sockets.
            var answer = await CreateClient().QueryAsync(name, QueryType.TXT, QueryClass.IN, timeout.Token);
            return answer.Header.ResponseCode switch
            {
                DnsHeaderResponseCode.NoError => [.. answer.Answers.TxtRecords().Select(record => string.Concat(record.Text))],
                DnsHeaderResponseCode.NotExistentDomain => [],
                var code => throw new DnsUnavailableException($"The DNS server answered {code}."),
            };
        }
        // DnsClient's exceptions for unusable answers have no common type.
        catch (Exception exception) when (exception is not DnsUnavailableException && !cancellationToken.IsCancellationRequested)
        {
            throw new DnsUnavailableException("The DNS server did not respond.", exception);
        }
    }

    private LookupClient CreateClient()
    {
        // Without DnsClient's fallback to a public resolver.
        NameServer[] servers = options.Value.EndPoint is { } server
            ? [server]
            : [.. NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false)];
        if (servers.Length == 0)
        {
            throw new DnsUnavailableException("This machine has no DNS server configured. Set Dns__Server.");
        }

        return new LookupClient(new LookupClientOptions(servers)
        {
            Timeout = TryTimeout,
            // Three attempts within the six seconds, at one server or at several.
            Retries = servers.Length == 1 ? 2 : 0,
            // Users wait for a record that they have just added.
            UseCache = false,
        });
    }
}
