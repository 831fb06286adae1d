using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace LinkShort.Identity.Sso;

/// <summary>A workspace's provider as it is stored, except for its secret.</summary>
public sealed record SsoConnection
{
    public required string Issuer { get; init; }

    public required string ClientId { get; init; }

    public bool HasClientSecret { get; init; }

    public bool JustInTime { get; init; }

    public required string DefaultRole { get; init; }

    public string? RoleClaim { get; init; }

    /// <summary>Role by value, as JSON.</summary>
    public required string Roles { get; init; }

    public bool AcceptMfa { get; init; }

    public bool Enforced { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public long Version { get; init; }

    public IReadOnlyDictionary<string, string> RoleByValue => JsonSerializer.Deserialize<SortedDictionary<string, string>>(Roles)!;

    public ConfigureSso.ConnectionResponse ToResponse() => new(
        Issuer, ClientId, HasClientSecret, JustInTime, DefaultRole, RoleClaim, RoleByValue, AcceptMfa, Enforced, CreatedAt, UpdatedAt, Version);
}

/// <summary>
/// Workspaces' own providers. The client secret is encrypted with Data Protection's key ring, which rotates and is shared by all replicas,
/// and is bound to its workspace.
/// </summary>
public sealed partial class SsoConnections(Database database, IDataProtectionProvider protection, ILogger<SsoConnections> logger)
{
    /// <returns>Null for a workspace without a provider.</returns>
    public async Task<SsoProvider?> FindProviderAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<ProviderRow>(
            """
            select w.name, c.issuer, c.client_id, c.client_secret, c.just_in_time, c.default_role, c.role_claim, c.roles::text as roles, c.accept_mfa,
                   c.enforced, w.deletion_scheduled_at is not null as is_being_deleted
            from sso_connections c join workspaces w on w.id = c.workspace_id
            where c.workspace_id = @workspaceId
            """,
            new { workspaceId }, cancellationToken);
        return row is null ? null : new SsoProvider(
            KeyOf(workspaceId),
            row.Name,
            row.Issuer,
            row.ClientId,
            row.ClientSecret is null ? null : Open(workspaceId, row.ClientSecret),
            SsoProvider.DefaultScope,
            new WorkspaceSso(
                workspaceId, row.Name, row.JustInTime, row.DefaultRole, row.RoleClaim,
                JsonSerializer.Deserialize<Dictionary<string, string>>(row.Roles)!, row.AcceptMfa, row.Enforced, row.IsBeingDeleted));
    }

    public static string KeyOf(Guid workspaceId) => workspaceId.ToString("D");

    /// <summary>Whether the provider is a workspace's. Names of the installation's providers are shorter than an id.</summary>
    public static bool IsKey(string? provider) => Guid.TryParseExact(provider, "D", out _);

    /// <summary>Finds the workspace that has verified the domain and has a provider.</summary>
    /// <param name="domain">ASCII, lower case.</param>
    public async Task<Guid?> FindByDomainAsync(string domain, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<Guid?>(
            """
            -- every workspace: the caller is in none yet; a verified domain leads to one
            select d.workspace_id from sso_domains d join sso_connections c on c.workspace_id = d.workspace_id
            where d.domain = @domain and d.verified_at is not null
            """,
            new { domain }, cancellationToken);
    }

    public static Task<SsoConnection?> ReadAsync(
        NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<SsoConnection>(
            """
            select issuer, client_id, client_secret is not null as has_client_secret, just_in_time, default_role, role_claim, roles::text as roles,
                   accept_mfa, enforced, created_at, updated_at, version
            from sso_connections where workspace_id = @workspaceId
            """,
            new { workspaceId }, cancellationToken);

    /// <param name="clientSecret">Null keeps the stored one.</param>
    public async Task<SsoConnection> WriteAsync(
        UnitOfWork work, Guid workspaceId, SsoConnection connection, string? clientSecret, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            """
            insert into sso_connections as c (workspace_id, issuer, client_id, client_secret, just_in_time, default_role, role_claim, roles, accept_mfa,
                enforced, created_at, updated_at)
            values (@workspaceId, @Issuer, @ClientId, @Secret, @JustInTime, @DefaultRole, @RoleClaim, @Roles::jsonb, @AcceptMfa, @Enforced, @now, @now)
            on conflict (workspace_id) do update set
                issuer = @Issuer, client_id = @ClientId, client_secret = case when @HasClientSecret then coalesce(@Secret, c.client_secret) end,
                just_in_time = @JustInTime, default_role = @DefaultRole, role_claim = @RoleClaim, roles = @Roles::jsonb, accept_mfa = @AcceptMfa,
                enforced = @Enforced, updated_at = @now, version = c.version + 1
            """,
            new
            {
                workspaceId, connection.Issuer, connection.ClientId, connection.HasClientSecret,
                Secret = string.IsNullOrEmpty(clientSecret) ? null : Protector(workspaceId).Protect(Encoding.UTF8.GetBytes(clientSecret)),
                connection.JustInTime, connection.DefaultRole, connection.RoleClaim, connection.Roles, connection.AcceptMfa, connection.Enforced, now,
            },
            cancellationToken);
        return await ReadAsync(work.Connection, workspaceId, cancellationToken)
            ?? throw new InvalidOperationException("The row that was just written is missing.");
    }

    private string Open(Guid workspaceId, byte[] secret)
    {
        try
        {
            return Encoding.UTF8.GetString(Protector(workspaceId).Unprotect(secret));
        }
        catch (CryptographicException exception)
        {
            Log.Unreadable(logger, exception, workspaceId);
            throw new ProviderException(SsoReasons.Metadata, IdentityTexts.Of("providers.secretLost"), exception);
        }
    }

    private IDataProtector Protector(Guid workspaceId) => protection.CreateProtector("LinkShort.Identity.SsoClientSecret.v1", workspaceId.ToString("N"));

    private sealed record ProviderRow
    {
        public required string Name { get; init; }

        public required string Issuer { get; init; }

        public required string ClientId { get; init; }

        public byte[]? ClientSecret { get; init; }

        public bool JustInTime { get; init; }

        public required string DefaultRole { get; init; }

        public string? RoleClaim { get; init; }

        public required string Roles { get; init; }

        public bool AcceptMfa { get; init; }

        public bool Enforced { get; init; }

        public bool IsBeingDeleted { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The client secret of workspace {WorkspaceId} can't be decrypted: was Identity__DataProtectionKey or Internal__Key changed?")]
        public static partial void Unreadable(ILogger logger, Exception exception, Guid workspaceId);
    }
}
