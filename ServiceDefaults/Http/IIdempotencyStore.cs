namespace LinkShort.ServiceDefaults.Http;

/// <summary>Stores keys and their responses until they expire.</summary>
public interface IIdempotencyStore
{
    /// <summary>
    /// The HMAC key for the hashes of requests. With a plain hash, a reader of the store could guess a password in the body.
    /// </summary>
    byte[] HashKey { get; }

    /// <summary>Claims the key, unless another request has it. Of concurrent callers exactly one succeeds.</summary>
    Task<IdempotencyClaim> ClaimAsync(IdempotencyKey name, byte[] requestHash, CancellationToken cancellationToken);

    /// <summary>Stores the response, unless the lock expired and another attempt took over.</summary>
    Task AnswerAsync(IdempotencyKey name, IdempotencyClaim.Won claim, IdempotencyAnswer answer);

    /// <summary>Releases the lock, so that the same request can be retried.</summary>
    Task UnlockAsync(IdempotencyKey name, IdempotencyClaim.Won claim);

    /// <summary>Frees the key for any request.</summary>
    Task ForgetAsync(IdempotencyKey name, IdempotencyClaim.Won claim);
}

/// <summary>A key as its caller sent it to a route.</summary>
public sealed record IdempotencyKey(Guid WorkspaceId, Guid UserId, string Route, string Key)
{
    public static readonly TimeSpan Retention = TimeSpan.FromHours(24);

    /// <summary>How long an attempt may take before another one takes over. Twice the longest command timeout.</summary>
    public static readonly TimeSpan LockTime = TimeSpan.FromMinutes(1);
}

public sealed record IdempotencyAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>The outcome of claiming a key.</summary>
public abstract record IdempotencyClaim
{
    /// <summary>The request is to be executed. <paramref name="LockId"/> identifies this attempt in later statements.</summary>
    public sealed record Won(IdempotentOperation Operation, Guid LockId) : IdempotencyClaim;

    public sealed record Answered(IdempotencyAnswer Answer) : IdempotencyClaim;

    public sealed record InProgress : IdempotencyClaim;

    public sealed record Mismatch : IdempotencyClaim;
}
