using LinkShort.ServiceDefaults.Discovery;
using Microsoft.Extensions.Primitives;

namespace LinkShort.Gateway.Forwarding;

/// <summary>The replicas of one service, as its settings list them now.</summary>
internal sealed class Upstream : IDisposable
{
    private readonly ServiceEndpointResolver _endpoints;
    private readonly HttpMessageHandler _connections;
    private readonly TimeProvider _time;
    private readonly ForwardingTelemetry _telemetry;
    private readonly IDisposable _reload;
    private volatile Replica[] _replicas = [];

    public Upstream(
        string service, ServiceEndpointResolver endpoints, HttpMessageHandler connections, TimeProvider time, ForwardingTelemetry telemetry)
    {
        Service = service;
        _endpoints = endpoints;
        _connections = connections;
        _time = time;
        _telemetry = telemetry;
        Resolve();
        _reload = ChangeToken.OnChange(endpoints.GetChangeToken, Resolve);
    }

    public string Service { get; }

    public IReadOnlyList<Replica> Replicas => _replicas;

    /// <summary>
    /// Power of two choices: of two random replicas the less busy one, which spreads load nearly as well as asking all of them.
    /// One that could not be reached lately is taken only when no other is left.
    /// </summary>
    /// <returns>Null when the settings name no replica at all.</returns>
    public Replica? Choose()
    {
        var replicas = _replicas;
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
        var replicas = _replicas;
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

    public void Dispose() => _reload.Dispose();

    private void Resolve()
    {
        var known = _replicas.ToDictionary(replica => replica.Address);
        _replicas = [.. _endpoints.GetEndpoints($"https+http://{Service}")
            .Select(address => known.TryGetValue(address, out var replica) ? replica : new Replica(address, this, _connections, _time, _telemetry))];
    }
}
