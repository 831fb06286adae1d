namespace LinkShort.ServiceDefaults.Features;

/// <summary>The state of a feature for a subject.</summary>
/// <param name="Variant">The variant, if the flag has variants.</param>
public readonly record struct FeatureState(bool Enabled, string? Variant);
