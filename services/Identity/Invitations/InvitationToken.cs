using System.Diagnostics.CodeAnalysis;
using LinkShort.Identity.Sessions;

namespace LinkShort.Identity.Invitations;

/// <summary>What the link in an invitation's mail carries, made like a <see cref="RefreshToken"/>. Only its SHA-256 is stored.</summary>
public readonly record struct InvitationToken(string Value)
{
    public static InvitationToken Create() => new(RefreshToken.Create().Value);

    /// <returns>False for text that was never a token of ours.</returns>
    public static bool TryHash(string text, [NotNullWhen(true)] out byte[]? hash) => RefreshToken.TryHash(text, out hash);

    public byte[] Hash() => new RefreshToken(Value).Hash();

    public override string ToString() => "(invitation token)";
}
