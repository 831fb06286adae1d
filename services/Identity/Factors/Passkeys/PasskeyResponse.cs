namespace LinkShort.Identity.Factors.Passkeys;

public sealed record PasskeyResponse
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Synchronised to the user's other devices.</summary>
    public required bool BackedUp { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }
}
