namespace LinkShort.ServiceDefaults.Http;

/// <summary>Keeps keys and their answers for as long as they count.</summary>
public interface IIdempotencyStore
{
    /// <summary>
    /// The HMAC key for the hashes of requests. From a plain hash, anyone who can read the store could guess a password in the body.
    /// </summary>
    byte[] HashKey { get; }

    /// <summary>Takes the key, unless another request has it. Of any number of callers one wins.</summary>
    Task<IdempotencyClaim> ClaimAsync(IdempotencyKey name, byte[] requestHash, CancellationToken cancellationToken);

    /// <summary>Keeps the answer, unless the lock ran out and another attempt took over.</summary>
    Task AnswerAsync(IdempotencyKey name, IdempotencyClaim.Won claim, IdempotencyAnswer answer);

    /// <summary>Lets the same request try again.</summary>
    Task UnlockAsync(IdempotencyKey name, IdempotencyClaim.Won claim);

    /// <summary>Frees the key for any request.</summary>
    Task ForgetAsync(IdempotencyKey name, IdempotencyClaim.Won claim);
}

/// <summary>Whose key, and for what.</summary>
public sealed record IdempotencyKey(Guid WorkspaceId, Guid UserId, string Route, string Key)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>After which a process that took a key and said nothing more is taken for dead. Twice the longest command timeout.</summary>
    public static readonly TimeSpan LockTime = TimeSpan.FromMinutes(1);
}

public sealed record IdempotencyAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>What came of trying to take a key.</summary>
public abstract record IdempotencyClaim
{
    /// <summary>Ours to run. <paramref name="LockId"/> proves it to the statements that follow.</summary>
    public sealed record Won(IdempotentOperation Operation, Guid LockId) : IdempotencyClaim;

    public sealed record Answered(IdempotencyAnswer Answer) : IdempotencyClaim;

    public sealed record InProgress : IdempotencyClaim;

    public sealed record Mismatch : IdempotencyClaim;
}
