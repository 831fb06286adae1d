namespace LinkShort.ServiceDefaults.Features;

/// <summary>What a feature is for somebody.</summary>
/// <param name="Variant">Which one, when the flag has several.</param>
public readonly record struct FeatureState(bool Enabled, string? Variant);
