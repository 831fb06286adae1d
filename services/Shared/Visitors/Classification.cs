namespace LinkShort.Visitors;

/// <summary>The class of a visitor, and what decided it.</summary>
/// <param name="Reason">A word of the header or a rule, such as <c>"Googlebot" in User-Agent</c>; null for people. One of a few hundred texts.</param>
public readonly record struct Classification(ClickClass Class, string? Reason);
