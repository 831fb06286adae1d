namespace LinkShort.Contracts;

/// <summary>A user signed up. The personal workspace exists already.</summary>
/// <param name="Locale">BCP 47 language tag that the user chose or the browser requested, e.g. <c>de</c>.</param>
public sealed record UserRegistered(
    Guid UserId, Guid WorkspaceId, string Email, string? Name, string Locale, DateTimeOffset RegisteredAt);

[WithoutConsumer]
public sealed record WorkspaceCreated(Guid WorkspaceId, Guid OwnerId, string Name, DateTimeOffset CreatedAt);

/// <summary>An API key was revoked. Gateways drop the token that they cached for it.</summary>
/// <param name="KeyHash">Lower-case hex SHA-256 of the whole key, the key under which tokens are cached. See <see cref="ApiKeyHash"/>.</param>
public sealed record ApiKeyRevoked(Guid KeyId, Guid WorkspaceId, string KeyHash, DateTimeOffset RevokedAt);
