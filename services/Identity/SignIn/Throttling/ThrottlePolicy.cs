namespace LinkShort.Identity.SignIn.Throttling;

/// <summary>A rate limit, and the wait beyond it.</summary>
/// <param name="Name">Part of the key: each policy has its own counters.</param>
/// <param name="Permits">The burst size. The attempt that reaches it starts the wait.</param>
/// <param name="Window">The time in which the permits refill, and after which an unused counter is reset.</param>
/// <param name="FirstDelay">The first wait. It doubles with each further one within <paramref name="Window"/> of the last.</param>
public sealed record ThrottlePolicy(string Name, int Permits, TimeSpan Window, TimeSpan FirstDelay, TimeSpan LongestDelay);

/// <summary>A counter: a policy and a keyed hash of its subject.</summary>
public sealed record ThrottleKey(ThrottlePolicy Policy, byte[] Hash);

/// <param name="Refused">The attempt came during a wait, so it wasn't counted.</param>
public sealed record ThrottleBlock(ThrottlePolicy Policy, DateTimeOffset Until, bool Refused);
