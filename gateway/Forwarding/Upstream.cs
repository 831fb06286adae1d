using LinkShort.ServiceDefaults.Discovery;
using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.Gateway.Forwarding;

/// <summary>The replicas of one service, as service discovery lists them now.</summary>
internal sealed class Upstream(
    string service, ServiceEndpointResolver discovery, HttpMessageHandler connections, TimeProvider time, ForwardingTelemetry telemetry)
{
    private readonly Uri _address = new($"https+http://{service}");
    private readonly string _name = $"https+http://{service}";
    private volatile Listed _listed = new(null, []);

    public string Service => service;

    /// <summary>
    /// Power of two choices: of two random replicas the less busy one, which spreads load nearly as well as asking all of them.
    /// One that could not be reached lately is taken only when no other is left.
    /// </summary>
    /// <returns>Null when the settings name no replica at all.</returns>
    public async ValueTask<Replica?> ChooseAsync(CancellationToken cancellationToken)
    {
        // Kept by the resolver: completes at once unless the settings have changed.
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

    /// <summary>The replica to ask after <paramref name="failed"/>, or null when every one was asked.</summary>
    /// <param name="tried">How many were asked besides <paramref name="failed"/>; those are among the avoided ones now.</param>
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

    /// <summary>A replica that stays keeps what is known of it.</summary>
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
