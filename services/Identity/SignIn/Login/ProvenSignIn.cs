using LinkShort.Identity.SignIn.Sessions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>A sign-in whose first proof is valid: the password, a passkey, a provider's claims, or a second factor after one of them.</summary>
public sealed record ProvenSignIn(Guid UserId, AuthenticationProof Proof)
{
    /// <summary>From an earlier sign-in with rememberDevice: replaces the second factor.</summary>
    public string? DeviceToken { get; init; }

    /// <summary>Returns a new device token with the tokens.</summary>
    public bool RememberDevice { get; init; }

    /// <summary>Where the session starts; null for the user's own workspace.</summary>
    public Guid? WorkspaceId { get; init; }

    /// <summary>Joins that workspace, after everything else was checked. Returns a refusal, or null.</summary>
    public Func<Task<ProblemHttpResult?>>? EnterWorkspaceAsync { get; init; }

    /// <summary>An event published with the session's own; none while a second factor is still missing.</summary>
    public object? Started { get; init; }
}
