using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration.Flags;

/// <summary>GET /api/v1/me/features, and POST /api/v1/me/features/{name}/exposed</summary>
public static class MyFeatures
{
    /// <param name="Features">By name.</param>
    public sealed record Response(IReadOnlyDictionary<string, State> Features);

    /// <param name="Variant">Null for a flag without variants.</param>
    public sealed record State(bool Enabled, string? Variant);

    public static async Task<Ok<Response>> ReadAsync(
        CurrentUser user, FeatureFlags flags, Features features, CancellationToken cancellationToken)
    {
        var subject = FeatureSubject.Of(user);
        var states = new Dictionary<string, State>(StringComparer.Ordinal);
        foreach (var name in flags.Names)
        {
            var state = await features.EvaluateAsync(new Feature(name, Fallback: false), subject, cancellationToken);
            states[name] = new State(state.Enabled, state.Variant);
        }

        return TypedResults.Ok(new Response(states));
    }

    /// <summary>Records that the client showed the feature, or its alternative, for comparing variants; once a day.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> RecordExposureAsync(
        string name, CurrentUser user, FeatureFlags flags, Features features, CancellationToken cancellationToken)
    {
        if (flags.Find(name) is null)
        {
            return Problems.NotFound.Result();
        }

        await features.AskAsync(new Feature(name, Fallback: false), FeatureSubject.Of(user), cancellationToken);
        return TypedResults.NoContent();
    }
}
