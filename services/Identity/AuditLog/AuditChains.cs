using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.AuditLog;

/// <summary>Appends to the audit log. Concurrent appends to a chain wait for each other: the row of its head is the lock.</summary>
public sealed class AuditChains(TimeProvider time)
{
    /// <summary>The chain of entries that belong to no workspace and no user.</summary>
    public static readonly Guid Installation = Guid.Empty;

    /// <summary>The chain of the entry's workspace; without one, of the user who is the target, or else the actor.</summary>
    public static Guid ChainOf(AuditRecorded entry)
    {
        return entry.WorkspaceId
            ?? (entry.TargetType == "user" && Guid.TryParse(entry.TargetId, out var person) ? person : entry.ActorId ?? Installation);
    }

    /// <summary>Appends in the caller's transaction, once for each entry id.</summary>
    public async Task AppendAsync(UnitOfWork work, AuditRecorded entry, CancellationToken cancellationToken)
    {
        var chain = ChainOf(entry);
        var head = await work.QuerySingleAsync<Head>(
            """
            insert into audit_chains (chain, last_hash, anchor_hash) values (@chain, @Start, @Start) on conflict (chain) do nothing;
            select last_sequence, last_hash from audit_chains where chain = @chain for update
            """,
            new { chain, AuditHash.Start }, cancellationToken);
        // every workspace: an entry has one id in all of them
        var known = await work.ExecuteScalarAsync<bool>(
            "select exists (select from audit_log where entry_id = @EntryId)", new { entry.EntryId }, cancellationToken);
        if (known)
        {
            return;
        }

        if (await IsErasedAsync(work, entry, cancellationToken))
        {
            // An entry that arrives after the erasure must not restore details of the erased user.
            entry = entry with { Before = null, After = null, Network = null, UserAgent = null };
        }

        // every workspace: a chain is one workspace's or one user's
        var last = await work.ExecuteScalarAsync<DateTimeOffset?>(
            "select recorded_at from audit_log where chain = @chain and sequence = @LastSequence",
            new { chain, head.LastSequence }, cancellationToken);
        await work.ExecuteAsync(
            """
            insert into audit_log (workspace_id, chain, sequence, encoding, entry_id, actor_kind, actor_id, api_key_id, action, target_type, target_id,
                trace_id, at, recorded_at, before, after, network, user_agent, salt, details_erased, details_digest, previous_hash, hash)
            values (@WorkspaceId, @Chain, @Sequence, @Encoding, @EntryId, @ActorKind, @ActorId, @ApiKeyId, @Action, @TargetType, @TargetId,
                @TraceId, @At, @RecordedAt, @Before, @After, @Network, @UserAgent, @Salt, false, @DetailsDigest, @PreviousHash, @Hash);
            update audit_chains set last_sequence = @Sequence, last_hash = @Hash where chain = @Chain
            """,
            ToRow(entry, chain, head, last), cancellationToken);
    }

    private static async Task<bool> IsErasedAsync(UnitOfWork work, AuditRecorded entry, CancellationToken cancellationToken)
    {
        var people = ((Guid?[])[entry.ActorId, Guid.TryParse(entry.TargetId, out var target) ? target : null]).OfType<Guid>().ToArray();
        return people.Length > 0 && await work.ExecuteScalarAsync<bool>(
            "select exists (select from erasures where user_id = any(@people) and erased_at is not null)", new { people }, cancellationToken);
    }

    private AuditRow ToRow(AuditRecorded entry, Guid chain, Head head, DateTimeOffset? last)
    {
        var now = time.GetUtcNow().ToMicroseconds();
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
            At = entry.At.ToMicroseconds(),
            // Never earlier than the previous entry, although replicas' clocks differ: retention removes entries from the front.
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
        return row with { Hash = AuditHash.Of(row) };
    }

    /// <summary>As the database returns it: NUL and lone surrogates can't be stored.</summary>
    private static string? Storable(string? text) =>
        text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace("\0", "", StringComparison.Ordinal);

    private sealed record Head(long LastSequence, byte[] LastHash);
}
