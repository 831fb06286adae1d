namespace LinkShort.Identity.SignIn.Throttling;

/// <summary>How often something may happen, and how long one waits beyond that.</summary>
/// <param name="Name">Part of the key: each policy counts for itself.</param>
/// <param name="Permits">So many at once; the last one of them begins the wait.</param>
/// <param name="Window">In which as many drain, steadily. After as long without any, the past is forgotten.</param>
/// <param name="FirstDelay">Doubled with each further wait that begins within <paramref name="Window"/> of the one before.</param>
public sealed record ThrottlePolicy(string Name, int Permits, TimeSpan Window, TimeSpan FirstDelay, TimeSpan LongestDelay);

/// <summary>What is counted: a policy and a keyed hash of whom it counts.</summary>
public sealed record ThrottleKey(ThrottlePolicy Policy, byte[] Hash);

/// <param name="Refused">It came while there was a wait already, so that it wasn't counted.</param>
public sealed record ThrottleBlock(ThrottlePolicy Policy, DateTimeOffset Until, bool Refused);
