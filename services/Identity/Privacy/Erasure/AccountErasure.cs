using System.Security.Cryptography;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.AuditLog;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Privacy.Erasure;

/// <summary>
/// Erases accounts whose grace period is over, one a transaction: a restart in the middle has done some of them, and several replicas share
/// the work. The event about it leaves with the same commit. An account that a restored backup brought back is erased again by its receipt.
/// </summary>
public sealed partial class AccountErasure(
    Database database, WorkspaceErasure workspaces, AuditErasure auditErasure, AuditChains chains, PersonalDataErasure personalData, Revocations revocations,
    SecurityNotices notices, DeletionClock clock, SealedText sealing, IOptions<PrivacyOptions> options, TimeProvider time, ILogger<AccountErasure> logger)
    : BackgroundJob(What, time, logger)
{
    private const string What = "Erasing accounts that are due";

    private readonly FailedEntries<Guid> _failed = new(What, time, logger);

    protected override TimeSpan Interval => options.Value.JobInterval;

    protected override Task RunAsync(CancellationToken cancellationToken) => EraseDueAsync(cancellationToken);

    /// <summary>Erases every account that is due; while the clock is not trusted, only those that a restored backup brought back.</summary>
    public async Task EraseDueAsync(CancellationToken cancellationToken)
    {
        var isClockTrusted = await clock.IsTrustedAsync(cancellationToken);
        while (await EraseOneAsync(isClockTrusted, cancellationToken))
        {
        }

        if (!isClockTrusted)
        {
            return;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            "delete from erasures where state in ('completed', 'cancelled') and requested_at < @Before",
            new { Before = Time.GetUtcNow() - options.Value.ReceiptRetention }, cancellationToken);
    }

    /// <returns>False when none is due, or another replica has them in hand.</returns>
    private async Task<bool> EraseOneAsync(bool isClockTrusted, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var now = Time.GetUtcNow();
        var due = await work.QuerySingleOrDefaultAsync<Due>(
            """
            select id, user_id, sealed_receipt from erasures e
            where ((state = 'scheduled' and due_at <= @now and @isClockTrusted) or (erased_at is not null and exists (select from users u where u.id = e.user_id)))
                and id <> all(@Waiting)
            order by due_at limit 1 for update skip locked
            """,
            new { now, isClockTrusted, _failed.Waiting }, cancellationToken);
        if (due is null)
        {
            return false;
        }

        await _failed.TryAsync(due.Id, () => EraseAsync(work, due, now, cancellationToken), cancellationToken);
        return true;
    }

    private async Task EraseAsync(UnitOfWork work, Due due, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // Nobody signs in, joins or leaves on this account's behalf meanwhile.
        await work.ExecuteAsync(
            "select from users where id = @UserId for update", due, cancellationToken);
        var own = await WorkspacesOfAsync(work, due.UserId, cancellationToken);
        // While the address is still known. Notification deletes this mail when it is sent.
        await notices.RaiseAsync(
            work, due.UserId, SecurityNoticeKinds.AccountDeleted, ReceiptOf(due), cancellationToken: cancellationToken);
        var counts = await EraseAsync(work, due.UserId, own, now, cancellationToken);
        await work.ExecuteAsync(
            """
            update erasures set state = 'erasing', erased_at = @now, completed_at = null, sealed_receipt = null where id = @Id;
            delete from erasure_reports where erasure_id = @Id;
            insert into erasure_reports (erasure_id, service, counts, completed_at) values (@Id, 'identity', @Counts::jsonb, @now)
            """,
            new { due.Id, now, Counts = JsonSerializer.Serialize(counts) }, cancellationToken);
        work.Publish(new UserErased(due.Id, due.UserId, own, now));
        await work.CommitAsync(cancellationToken);
        Log.Erased(Logger, due.UserId);
    }

    private async Task<IReadOnlyList<ErasedRows>> EraseAsync(
        UnitOfWork work, Guid userId, IReadOnlyList<Guid> own, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // In the workspaces of others: those of one's own go with all that is in them.
        // every workspace: a person's keys, wherever they are
        var keys = await work.QueryAsync<(Guid Id, Guid WorkspaceId, string Hash)>(
            "select id, workspace_id, key_hash from api_keys where user_id = @userId and revoked_at is null",
            new { userId }, cancellationToken);
        foreach (var key in keys)
        {
            work.Publish(new ApiKeyRevoked(key.Id, key.WorkspaceId, key.Hash, now));
        }

        await revocations.RevokeAsync(work, RevocationKinds.User, userId.ToString(), cancellationToken);
        foreach (var workspace in own)
        {
            await workspaces.EraseAsync(work, workspace, cancellationToken);
        }

        var entries = await auditErasure.EraseAsync(work, userId, cancellationToken);
        var counts = await personalData.EraseAsync(work, new Forgotten(userId, own), cancellationToken);
        await chains.AppendAsync(work, new AuditRecorded(
            Guid.CreateVersion7(now), null, "system", null, null, "account.erased", "user", userId.ToString(), null, null, null, null, null, now), cancellationToken);
        return [new ErasedRows("workspaces", own.Count), new ErasedRows("audit_log", entries), .. counts];
    }

    /// <returns>Null when there is none to tell: sealed with an internal key that was changed since. The erasure doesn't wait for that.</returns>
    private string? ReceiptOf(Due due)
    {
        try
        {
            return due.SealedReceipt is null ? null : sealing.Open(due.SealedReceipt, nameof(UserErased));
        }
        catch (CryptographicException exception)
        {
            Log.NoReceipt(Logger, due.Id, exception);
            return null;
        }
    }

    /// <summary>
    /// Those that go with the account: the ones that nobody else is in. Where others came in since it was scheduled, the one who has been
    /// there longest, of the highest role, owns the workspace from now on.
    /// </summary>
    private static async Task<IReadOnlyList<Guid>> WorkspacesOfAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken) =>
        await work.QueryAsync<Guid>(
            """
            -- every workspace: those of the person
            with heirs as (
                select distinct on (o.workspace_id) o.workspace_id, o.user_id
                from members m join members o on o.workspace_id = m.workspace_id and o.user_id <> m.user_id
                where m.user_id = @userId and m.role = 'owner'
                    and not exists (select from members x where x.workspace_id = m.workspace_id and x.role = 'owner' and x.user_id <> m.user_id)
                order by o.workspace_id, array_position(array['admin', 'member', 'viewer'], o.role), o.joined_at
            )
            update members m set role = 'owner' from heirs h where m.workspace_id = h.workspace_id and m.user_id = h.user_id;
            update workspaces w set personal_of = null
            where personal_of = @userId and exists (select from members o where o.workspace_id = w.id and o.user_id <> @userId);
            select m.workspace_id from members m
            where m.user_id = @userId and not exists (select from members o where o.workspace_id = m.workspace_id and o.user_id <> m.user_id)
            """,
            new { userId }, cancellationToken);

    private sealed record Due(Guid Id, Guid UserId, string? SealedReceipt);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Account {UserId} is erased here; the other services follow.")]
        public static partial void Erased(ILogger logger, Guid userId);

        [LoggerMessage(LogLevel.Warning, "The receipt of erasure {ErasureId} can't be opened: the mail goes out without it.")]
        public static partial void NoReceipt(ILogger logger, Guid erasureId, Exception exception);
    }
}
