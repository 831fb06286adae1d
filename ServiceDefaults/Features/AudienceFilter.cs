using System.Runtime.CompilerServices;
using System.Text.Json;
using LinkShort.Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.FeatureManagement;
using Microsoft.FeatureManagement.FeatureFilters;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>
/// A rule of a flag as a filter of Microsoft.FeatureManagement. The percentage uses the library's own targeting, SHA-256 of subject and flag, so that
/// a subject gets the same result on every replica and in every service.
/// </summary>
[FilterAlias(Alias)]
internal sealed class AudienceFilter : IContextualFeatureFilter<ITargetingContext>, IFilterParametersBinder
{
    public const string Alias = "LinkShort.Audience";

    private const string Rule = "rule";

    private readonly ConditionalWeakTable<IConfiguration, Bound> _bound = [];

    private readonly ContextualTargetingFilter _targeting =
        new(Options.Create(new TargetingEvaluationOptions()), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);

    public static IConfiguration ParametersOf(FeatureRule rule) =>
        new ConfigurationBuilder().AddInMemoryCollection([new(Rule, JsonSerializer.Serialize(rule))]).Build();

    /// <summary>Parsed once per definition, because each has its own parameters.</summary>
    public object BindParameters(IConfiguration parameters) => _bound.GetValue(parameters, static parameters => Bound.Of(
        JsonSerializer.Deserialize<FeatureRule>(parameters[Rule] ?? "null") ?? throw new InvalidOperationException("The filter has no rule.")));

    public async Task<bool> EvaluateAsync(FeatureFilterEvaluationContext featureFilterContext, ITargetingContext appContext)
    {
        if (appContext is not FeatureSubject.Targeted targeted)
        {
            return false;
        }

        var rule = featureFilterContext.Settings as Bound ?? (Bound)BindParameters(featureFilterContext.Parameters);
        if (!rule.Includes(targeted.Subject))
        {
            return false;
        }

        return rule.Share is null || (targeted.UserId is not null && await _targeting.EvaluateAsync(
            new FeatureFilterEvaluationContext { FeatureName = featureFilterContext.FeatureName, Settings = rule.Share }, targeted));
    }

    private sealed record Bound(HashSet<Guid>? Users, HashSet<Guid>? Workspaces, HashSet<string>? Plans, TargetingFilterSettings? Share)
    {
        public static Bound Of(FeatureRule rule) => new(
            rule.Users?.ToHashSet(), rule.Workspaces?.ToHashSet(), rule.Plans?.ToHashSet(StringComparer.Ordinal),
            rule.Percentage is { } percentage
                ? new TargetingFilterSettings { Audience = new Audience { Users = [], Groups = [], DefaultRolloutPercentage = percentage } }
                : null);

        public bool Includes(FeatureSubject subject) =>
            (Users is null || (subject.User is { } user && Users.Contains(user)))
            && (Workspaces is null || (subject.Workspace is { } workspace && Workspaces.Contains(workspace)))
            && (Plans is null || (subject.Plan is { } plan && Plans.Contains(plan)));
    }
}
