using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>
/// Resolves the name of a service to the addresses of its replicas from configuration, by Aspire's convention:
/// <c>services:{name}:{scheme or endpoint name}:{i}</c>, or <c>services:{name}:{scheme or endpoint name}</c> for one.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item><c>http://links</c>: the section <c>default</c>, else <c>http</c>.</item>
/// <item><c>https+http://links</c>: the section <c>default</c>, else <c>https</c>, else <c>http</c>.</item>
/// <item><c>http://_grpc.links</c>: the section <c>grpc</c>, its addresses with that scheme.</item>
/// </list>
/// The same order and filters as Microsoft.Extensions.ServiceDiscovery's configuration provider, which Aspire uses.
/// Changed settings take effect at once. Safe for concurrent use.
/// </remarks>
public sealed class ServiceEndpointResolver : IDisposable
{
    private const string SectionName = "services";
    private readonly IConfiguration _configuration;
    private readonly IDisposable _reload;
    private volatile Snapshot _snapshot;

    public ServiceEndpointResolver(IConfiguration configuration)
    {
        _configuration = configuration;
        _snapshot = new Snapshot(configuration);
        _reload = ChangeToken.OnChange(configuration.GetReloadToken, () => _snapshot = new Snapshot(_configuration));
    }

    /// <summary>All addresses of the service that <paramref name="address"/> names, in the order of their settings.</summary>
    /// <param name="address">
    /// An absolute address whose host is the service's name (<c>https+http://links</c>, <c>http://_admin.links/path</c>);
    /// its path and query don't matter here.
    /// </param>
    /// <returns>Absolute http or https addresses; empty if the settings don't know such a service or such an endpoint.</returns>
    /// <exception cref="InvalidOperationException">A setting of the service is no address; the message names its key.</exception>
    public IReadOnlyList<Uri> GetEndpoints(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _snapshot.GetEndpoints(address);
    }

    /// <inheritdoc cref="GetEndpoints(Uri)"/>
    public IReadOnlyList<Uri> GetEndpoints(string address) => GetEndpoints(new Uri(address, UriKind.Absolute));

    /// <summary>Signals that addresses may have changed, once; ask for a new one after that.</summary>
    public IChangeToken GetChangeToken() => _configuration.GetReloadToken();

    /// <summary>Puts the scheme, host, port and path base of <paramref name="endpoint"/> in front of the request's path and query.</summary>
    public static Uri Rebase(Uri request, Uri endpoint)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(endpoint);
        // Text, not UriBuilder: the path and query go out byte for byte as the caller escaped them.
        return new Uri(endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/') + request.PathAndQuery);
    }

    public void Dispose() => _reload.Dispose();

    /// <summary>The parts of a service's address: schemes in order of preference, the endpoint's name if any, the service's name.</summary>
    internal readonly record struct Query(string Schemes, string? EndpointName, string ServiceName)
    {
        public static Query Parse(Uri address)
        {
            var host = address.Host;
            var dot = host.IndexOf('.', StringComparison.Ordinal);
            return host.StartsWith('_') && dot > 1 && !host.EndsWith('.')
                ? new Query(address.Scheme, host[1..dot], host[(dot + 1)..])
                : new Query(address.Scheme, null, host);
        }

        public string[] SchemesInOrder => Schemes.Split('+');
    }

    /// <summary>What the settings say between two changes of them. Only known services are remembered: its size is bounded by them.</summary>
    private sealed class Snapshot(IConfiguration configuration)
    {
        private readonly FrozenSet<string> _services = configuration.GetSection(SectionName).GetChildren()
            .Select(service => service.Key)
            .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

        private readonly ConcurrentDictionary<Query, Uri[]> _resolved = new();

        public Uri[] GetEndpoints(Uri address)
        {
            // Most hosts of the world are no service of ours: one look into a set, nothing allocated.
            if (address.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6
                || (address.Host is var host && !host.StartsWith('_') && !_services.Contains(host)))
            {
                return [];
            }

            var query = Query.Parse(address);
            if (_resolved.TryGetValue(query, out var known))
            {
                return known;
            }

            var found = _services.Contains(query.ServiceName) ? Read(query) : [];
            if (found.Length > 0)
            {
                _resolved.TryAdd(query, found);
            }

            return found;
        }

        private Uri[] Read(Query query)
        {
            var schemes = query.SchemesInOrder;
            var service = configuration.GetSection(SectionName).GetSection(query.ServiceName);
            string[] candidates = query.EndpointName is { } name ? [name] : ["default", .. schemes];
            var section = candidates.Select(service.GetSection).FirstOrDefault(candidate => candidate.Exists());
            if (section is null)
            {
                return [];
            }

            var endpoints = string.IsNullOrWhiteSpace(section.Value)
                ? section.GetChildren().OrderBy(Index).Select(child => Parse(child, schemes)).ToArray()
                : [Parse(section, schemes)];

            // Of several schemes in one section only the most preferred that is there.
            var preferred = endpoints
                .Select(endpoint => Array.IndexOf(schemes, endpoint.Scheme))
                .Where(index => index >= 0)
                .DefaultIfEmpty(-1)
                .Min();
            return preferred < 0 ? [] : [.. endpoints.Where(endpoint => endpoint.Scheme == schemes[preferred])];
        }

        private static int Index(IConfigurationSection child) => int.TryParse(child.Key, out var index)
            ? index
            : throw new InvalidOperationException(
                $"The setting {child.Path} is no address of a service: number the addresses, as in {ConfigurationPath.GetParentPath(child.Path)}:0.");

        private static Uri Parse(IConfigurationSection setting, string[] schemes)
        {
            // An address without a scheme (localhost:5001) takes the one that the caller prefers.
            var text = setting.Value?.Contains("://", StringComparison.Ordinal) == true ? setting.Value : $"{schemes[0]}://{setting.Value}";
            return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
                ? uri
                : throw new InvalidOperationException(
                    $"The setting {setting.Path} is '{setting.Value}', which is no address of a service. Set it to one like http://{IPAddress.Loopback}:5001.");
        }
    }
}
