using LinkShort.ServiceDefaults.Discovery;
using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.Gateway.Forwarding;

/// <summary>The current replicas of one service, from service discovery.</summary>
internal sealed class Upstream(
    string service, ServiceEndpointResolver discovery, HttpMessageHandler connections, TimeProvider time, ForwardingTelemetry telemetry)
{
    private readonly Uri _address = new($"https+http://{service}");
    private readonly string _name = $"https+http://{service}";
    private volatile Listed _listed = new(null, []);

    public string Service => service;

    /// <summary>
    /// Power of two choices: the less busy of two random replicas, which spreads load nearly as well as comparing all of them.
    /// Replicas that were unreachable lately are used only if there is no other.
    /// </summary>
    /// <returns>Null if the settings name no replica.</returns>
    public async ValueTask<Replica?> ChooseAsync(CancellationToken cancellationToken)
    {
        // Cached by the resolver: completes synchronously unless the settings have changed.
        var source = await discovery.GetEndpointsAsync(_name, cancellationToken);
        var replicas = ReferenceEquals(_listed.Source, source) ? _listed.Replicas : List(source);
        switch (replicas.Length)
        {
            case 0:
                return null;
            case 1:
                return replicas[0];
        }

        var first = Random.Shared.Next(replicas.Length);
        var second = Random.Shared.Next(replicas.Length - 1);
        if (second >= first)
        {
            second++;
        }

        var chosen = replicas[first].InFlight <= replicas[second].InFlight ? replicas[first] : replicas[second];
        return chosen.IsAvoided ? Next(chosen, tried: 0) ?? chosen : chosen;
    }

    /// <summary>The replica to try after <paramref name="failed"/>, or null if all were tried.</summary>
    /// <param name="tried">How many were tried besides <paramref name="failed"/>; those are marked as unreachable by now.</param>
    public Replica? Next(Replica failed, int tried)
    {
        var replicas = _listed.Replicas;
        if (tried >= replicas.Length - 1)
        {
            return null;
        }

        var at = Array.IndexOf(replicas, failed);
        Replica? avoided = null;
        for (var i = 1; i < replicas.Length; i++)
        {
            var replica = replicas[(at + i + replicas.Length) % replicas.Length];
            if (!replica.IsAvoided)
            {
                return replica;
            }

            avoided ??= replica;
        }

        return avoided;
    }

    /// <summary>Replicas that remain keep their state.</summary>
    private Replica[] List(ServiceEndpointSource source)
    {
        var known = _listed.Replicas;
        Replica[] replicas = [.. ServiceAddresses.ToAddresses(source, _address).Distinct().Select(address =>
            Array.Find(known, replica => replica.Address == address) ?? new Replica(address, this, connections, time, telemetry))];
        _listed = new Listed(source, replicas);
        return replicas;
    }

    private sealed record Listed(ServiceEndpointSource? Source, Replica[] Replicas);
}
