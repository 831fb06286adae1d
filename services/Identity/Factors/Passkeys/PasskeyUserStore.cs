using LinkShort.Identity.Domain;
using LinkShort.Identity.Storage;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Npgsql;

namespace LinkShort.Identity.Factors.Passkeys;

/// <summary>
/// ASP.NET Core Identity's store, with a column per property of a passkey instead of JSON, so that counting a use is one atomic statement.
/// </summary>
public sealed class PasskeyUserStore(AccountsContext context, IdentityErrorDescriber describer, Database database, TimeProvider time)
    : UserOnlyStore<User, AccountsContext, Guid>(context, describer)
{
    private const string Columns = "credential_id, public_key, name, sign_count, transports, user_verified, backup_eligible, backed_up, created_at";

    private UnitOfWork? _work;

    /// <summary>Reads passkeys in this transaction from now on: a request that needs a second connection could deadlock on the pool.</summary>
    public void Join(UnitOfWork work) => _work = work;

    public override async Task<IList<UserPasskeyInfo>> GetPasskeysAsync(User user, CancellationToken cancellationToken)
    {
        if (_work is { } work)
        {
            return await PasskeysAsync(work.Connection, user.Id, cancellationToken);
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        return await PasskeysAsync(connection, user.Id, cancellationToken);
    }

    public override async Task<UserPasskeyInfo?> FindPasskeyAsync(User user, byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(
            $"select {Columns} from passkeys where user_id = @Id and credential_id = @credentialId",
            new { user.Id, credentialId }, cancellationToken);
        return row?.ToPasskey();
    }

    public override async Task<User?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var owner = await connection.ExecuteScalarAsync<Guid?>(
            "select user_id from passkeys where credential_id = @credentialId", new { credentialId }, cancellationToken);
        return owner is { } id ? await FindByIdAsync(id.ToString(), cancellationToken) : null;
    }

    public override async Task AddOrUpdatePasskeyAsync(User user, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await AddAsync(work, user.Id, Guid.CreateVersion7(time.GetUtcNow()), passkey, cancellationToken);
        await work.CommitAsync(cancellationToken);
    }

    public override async Task RemovePasskeyAsync(User user, byte[] credentialId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(
            "delete from passkeys where user_id = @Id and credential_id = @credentialId", new { user.Id, credentialId }, cancellationToken);
    }

    /// <returns>False when the credential belongs to another user.</returns>
    public static async Task<bool> AddAsync(UnitOfWork work, Guid userId, Guid id, UserPasskeyInfo passkey, CancellationToken cancellationToken)
    {
        return await work.ExecuteAsync(
            """
            insert into passkeys (id, user_id, credential_id, public_key, name, sign_count, transports, user_verified, backup_eligible, backed_up, created_at)
            values (@id, @userId, @CredentialId, @PublicKey, @Name, @SignCount, @Transports, @IsUserVerified, @IsBackupEligible, @IsBackedUp, @CreatedAt)
            on conflict (credential_id) do update set name = excluded.name, sign_count = excluded.sign_count, backed_up = excluded.backed_up
            where passkeys.user_id = excluded.user_id
            """,
            new
            {
                id, userId, passkey.CredentialId, passkey.PublicKey, Name = passkey.Name ?? "", SignCount = (long)passkey.SignCount,
                Transports = passkey.Transports ?? [], passkey.IsUserVerified, passkey.IsBackupEligible, passkey.IsBackedUp, passkey.CreatedAt,
            },
            cancellationToken) == 1;
    }

    private static async Task<IList<UserPasskeyInfo>> PasskeysAsync(
        NpgsqlConnection connection, Guid userId, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<Row>(
            $"select {Columns} from passkeys where user_id = @userId order by id", new { userId }, cancellationToken);
        return [.. rows.Select(row => row.ToPasskey())];
    }

    private sealed record Row
    {
        public required byte[] CredentialId { get; init; }

        public required byte[] PublicKey { get; init; }

        public required string Name { get; init; }

        public required long SignCount { get; init; }

        public required string[] Transports { get; init; }

        public required bool UserVerified { get; init; }

        public required bool BackupEligible { get; init; }

        public required bool BackedUp { get; init; }

        public required DateTimeOffset CreatedAt { get; init; }

        // The attestation isn't needed again and identifies the device, so it isn't stored.
        public UserPasskeyInfo ToPasskey() =>
            new(CredentialId, PublicKey, CreatedAt, (uint)SignCount, Transports, UserVerified, BackupEligible, BackedUp, attestationObject: [], clientDataJson: []) { Name = Name };
    }
}
