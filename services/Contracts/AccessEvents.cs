namespace LinkShort.Contracts;

/// <summary>
/// Access tokens were revoked: those issued before <paramref name="IssuedBefore"/> with this subject. Every replica of every service receives it,
/// on a queue of its own.
/// </summary>
/// <param name="Kind">One of <see cref="RevocationKinds"/>: which claim <paramref name="Subject"/> is compared with.</param>
/// <param name="Subject">Session id, user id, workspace id, API key id; for a member <c>{userId}:{workspaceId}</c>.</param>
/// <param name="EndsAt">When the last such token expires, and the revocation can be dropped.</param>
public sealed record AccessRevoked(Guid RevocationId, string Kind, string Subject, DateTimeOffset IssuedBefore, DateTimeOffset EndsAt);
