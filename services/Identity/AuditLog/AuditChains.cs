using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.AuditLog;

/// <summary>Appends to the audit log. Whoever appends to a chain waits for the one before: the row of its head is the lock.</summary>
public sealed class AuditChains(TimeProvider time)
{
    /// <summary>The chain of what belongs to no workspace and to no person.</summary>
    public static readonly Guid Installation = Guid.Empty;

    /// <summary>Whose chain an entry belongs to: the workspace's; else the person's whom it is about, or who did it.</summary>
    public static Guid ChainOf(AuditRecorded entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return entry.WorkspaceId
            ?? (entry.TargetType == "user" && Guid.TryParse(entry.TargetId, out var person) ? person : entry.ActorId ?? Installation);
    }

    /// <summary>Appends in the caller's transaction, once for each entry id.</summary>
    public async Task AppendAsync(UnitOfWork work, AuditRecorded entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(entry);
        var chain = ChainOf(entry);
        var head = await work.QuerySingleAsync<Head>(
            """
            insert into audit_chains (chain, last_hash, anchor_hash) values (@chain, @Beginning, @Beginning) on conflict (chain) do nothing;
            select last_sequence, last_hash from audit_chains where chain = @chain for update
            """,
            new { chain, AuditHash.Beginning }, cancellationToken);
        // every workspace: an entry has one id in all of them
        var known = await work.ExecuteScalarAsync<bool>(
            "select exists (select from audit_log where entry_id = @EntryId)", new { entry.EntryId }, cancellationToken);
        if (known)
        {
            return;
        }

        // What was on its way when a person was erased brings nothing back about them.
        var people = ((Guid?[])[entry.ActorId, Guid.TryParse(entry.TargetId, out var target) ? target : null]).OfType<Guid>().ToArray();
        if (people.Length > 0 && await work.ExecuteScalarAsync<bool>(
            "select exists (select from erasures where user_id = any(@people) and erased_at is not null)", new { people }, cancellationToken))
        {
            entry = entry with { Before = null, After = null, Network = null, UserAgent = null };
        }

        // Under the lock, and never before the entry in front, whatever the replicas' clocks say: retention takes from the front.
        // every workspace: a chain is one workspace's or one person's
        var last = await work.ExecuteScalarAsync<DateTimeOffset?>(
            "select recorded_at from audit_log where chain = @chain and sequence = @LastSequence",
            new { chain, head.LastSequence }, cancellationToken);
        var now = Microseconds(time.GetUtcNow());
        var row = new AuditRow
        {
            Chain = chain,
            Sequence = head.LastSequence + 1,
            Encoding = AuditHash.Version,
            EntryId = entry.EntryId,
            WorkspaceId = entry.WorkspaceId,
            ActorKind = Storable(entry.ActorKind)!,
            ActorId = entry.ActorId,
            ApiKeyId = entry.ApiKeyId,
            Action = Storable(entry.Action)!,
            TargetType = Storable(entry.TargetType)!,
            TargetId = Storable(entry.TargetId)!,
            TraceId = Storable(entry.TraceId),
            At = Microseconds(entry.At),
            RecordedAt = last > now ? last.Value : now,
            Before = Storable(entry.Before),
            After = Storable(entry.After),
            Network = Storable(entry.Network),
            UserAgent = Storable(entry.UserAgent),
            Salt = RandomNumberGenerator.GetBytes(AuditHash.SaltBytes),
            DetailsDigest = [],
            PreviousHash = head.LastHash,
            Hash = [],
        };
        row = row with { DetailsDigest = AuditHash.OfDetails(row) };
        row = row with { Hash = AuditHash.Of(row) };
        await work.ExecuteAsync(
            """
            insert into audit_log (workspace_id, chain, sequence, encoding, entry_id, actor_kind, actor_id, api_key_id, action, target_type, target_id,
                trace_id, at, recorded_at, before, after, network, user_agent, salt, details_erased, details_digest, previous_hash, hash)
            values (@WorkspaceId, @Chain, @Sequence, @Encoding, @EntryId, @ActorKind, @ActorId, @ApiKeyId, @Action, @TargetType, @TargetId,
                @TraceId, @At, @RecordedAt, @Before, @After, @Network, @UserAgent, @Salt, false, @DetailsDigest, @PreviousHash, @Hash);
            update audit_chains set last_sequence = @Sequence, last_hash = @Hash where chain = @Chain
            """,
            row, cancellationToken);
    }

    /// <summary>As it will come back from the database: a NUL and half a surrogate pair can't rest there.</summary>
    private static string? Storable(string? text) =>
        text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace("\0", "", StringComparison.Ordinal);

    private static DateTimeOffset Microseconds(DateTimeOffset value) => value.AddTicks(-(value.Ticks % TimeSpan.TicksPerMicrosecond)).ToUniversalTime();

    private sealed record Head(long LastSequence, byte[] LastHash);
}
