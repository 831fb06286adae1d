namespace LinkShort.Contracts;

/// <summary>
/// Access tokens that are refused from now on, before they expire. Every replica of every service hears of it, on a queue of its own.
/// A token is one of these when it was issued before <paramref name="IssuedBefore"/> and carries the subject.
/// </summary>
/// <param name="Kind">One of <see cref="RevocationKinds"/>: which claim <paramref name="Subject"/> is compared with.</param>
/// <param name="Subject">Session id, user id, workspace id, API key id; for a member <c>{userId}:{workspaceId}</c>.</param>
/// <param name="EndsAt">When the last such token has expired, and the revocation can be forgotten.</param>
public sealed record AccessRevoked(Guid RevocationId, string Kind, string Subject, DateTimeOffset IssuedBefore, DateTimeOffset EndsAt);
