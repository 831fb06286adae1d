using LinkShort.Contracts;
using Microsoft.FeatureManagement;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>
/// Evaluates whether a feature is enabled: <c>await features.IsEnabledAsync(ProductFeatures.LinkCreation, FeatureSubject.Of(user), …)</c>.
/// Evaluated in memory, and recorded as an exposure if the flag distinguishes between users.
/// </summary>
public sealed class Features(FeatureFlags flags, IVariantFeatureManager manager, FeatureExposures exposures)
{
    public async ValueTask<bool> IsEnabledAsync(Feature feature, FeatureSubject subject, CancellationToken cancellationToken) =>
        (await AskAsync(feature, subject, cancellationToken)).Enabled;

    public async ValueTask<FeatureState> AskAsync(Feature feature, FeatureSubject subject, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(feature);
        var state = await EvaluateAsync(feature, subject, cancellationToken);
        if (flags.Find(feature.Name) is { } flag)
        {
            exposures.Note(flag, state, subject);
        }

        return state;
    }

    /// <summary>Evaluates without recording an exposure, to preview a flag.</summary>
    public async ValueTask<FeatureState> EvaluateAsync(Feature feature, FeatureSubject subject, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(feature);
        ArgumentNullException.ThrowIfNull(subject);
        if (flags.Find(feature.Name) is not { } flag)
        {
            return new FeatureState(feature.Fallback, null);
        }

        var targeted = subject.For(flag);
        if (!await manager.IsEnabledAsync(feature.Name, targeted, cancellationToken))
        {
            return new FeatureState(false, null);
        }

        return flag.Variants.Count == 0 || targeted.UserId is null
            ? new FeatureState(true, null)
            : new FeatureState(true, (await manager.GetVariantAsync(feature.Name, targeted, cancellationToken))?.Name);
    }
}
