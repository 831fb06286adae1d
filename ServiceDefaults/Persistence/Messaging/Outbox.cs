using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json;
using LinkShort.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>
/// Events wait in the service's own database until the broker has confirmed that they are in a queue, so that a change and its events are one
/// transaction. Delivery is at least once, always with the same message id.
/// </summary>
public static class Outbox
{
    private static readonly FrozenDictionary<string, Type> Events =
        typeof(LinkChanged).Assembly.GetExportedTypes().ToFrozenDictionary(type => type.Name, StringComparer.Ordinal);

    /// <summary>
    /// Writes events into an open transaction. Services use <see cref="Data.UnitOfWork.Publish{T}"/>.
    /// Call <see cref="Signal.Raise"/> after the commit.
    /// </summary>
    public static async Task WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<object> events, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(events);
        // Only W3C trace context can be propagated.
        var cause = Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity : null;
        foreach (var @event in events)
        {
            await using var command = new NpgsqlCommand(
                "insert into outbox (message_id, type, body, trace_parent, trace_state) values ($1, $2, $3, $4, $5)", connection, transaction)
            {
                Parameters =
                {
                    new() { Value = Guid.CreateVersion7() },
                    new() { Value = @event.GetType().Name },
                    new() { Value = JsonSerializer.Serialize(@event, @event.GetType()), NpgsqlDbType = NpgsqlDbType.Jsonb },
                    new() { Value = (object?)cause?.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                    new() { Value = (object?)cause?.TraceStateString ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <exception cref="Exception">This version doesn't know the type, or can't read the body.</exception>
    internal static (object Message, Type Type) Read(string typeName, string body)
    {
        var type = Events.GetValueOrDefault(typeName)
            ?? throw new InvalidOperationException($"The outbox holds a {typeName}, which Contracts doesn't know.");
        return (JsonSerializer.Deserialize(body, type) ?? throw new JsonException($"The outbox holds a {typeName} without a body."), type);
    }

    internal static bool NeedsQueue(Type type) => !type.IsDefined(typeof(WithoutConsumerAttribute), inherit: false);
}

/// <summary>Wakes the relay right after a commit; its polling finds events of other processes.</summary>
public sealed class OutboxSignal : Signal;
