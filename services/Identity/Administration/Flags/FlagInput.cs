using System.Text.RegularExpressions;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Identity.Administration.Flags;

/// <summary>A flag as an operator writes it.</summary>
public sealed partial record FlagInput
{
    private const int MaxDescription = 500;
    private const int MaxRules = 20;
    private const int MaxListed = 500;
    private const int MaxVariants = 10;
    private const int MaxWeight = 1000;

    public string? Description { get; init; }

    /// <summary>False turns it off for everyone, regardless of the rules.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The unit of percentages and variants: user (default) or workspace.</summary>
    public string? Subject { get; init; }

    /// <summary>On for the subjects that any rule matches; without rules, for everyone. Up to 20.</summary>
    public IReadOnlyList<RuleInput>? Rules { get; init; }

    /// <summary>Variants to compare: none, or 2 to 10.</summary>
    public IReadOnlyList<VariantInput>? Variants { get; init; }

    /// <summary>Matches when all of its conditions are true.</summary>
    public sealed record RuleInput
    {
        /// <summary>Ids, up to 500.</summary>
        public IReadOnlyList<Guid>? Users { get; init; }

        /// <summary>Ids, up to 500.</summary>
        public IReadOnlyList<Guid>? Workspaces { get; init; }

        /// <summary>Names of plans: free, pro, business.</summary>
        public IReadOnlyList<string>? Plans { get; init; }

        /// <summary>0 to 100. The subjects are stable, and a higher percentage includes those of a lower one.</summary>
        public double? Percentage { get; init; }
    }

    public sealed record VariantInput
    {
        /// <summary>Lower-case letters, digits and hyphens.</summary>
        public required string Name { get; init; }

        /// <summary>1 to 1000; the variant's share is its weight / the sum of all weights.</summary>
        public required int Weight { get; init; }
    }

    public static bool IsName(string name) => Name().IsMatch(name);

    /// <returns>Null when there are errors, each added with its field.</returns>
    public FeatureFlag? Check(string name, ValidationErrors errors)
    {
        if (!IsName(name))
        {
            errors.Add("name", IdentityTexts.Of("administration.flagName"));
        }

        if (Description is { } description && (Characters.Exceed(description, MaxDescription) || description.Any(char.IsControl)))
        {
            errors.Add("description", FieldRules.MaxPrintable(MaxDescription));
        }

        if (Subject is not (null or FeatureSubjects.User or FeatureSubjects.Workspace))
        {
            errors.Add("subject", FieldRules.Either("user", "workspace"));
        }

        var rules = Rules ?? [];
        if (rules.Count > MaxRules)
        {
            errors.Add("rules", IdentityTexts.Of("administration.maxRules", ("max", MaxRules)));
        }

        for (var index = 0; index < Math.Min(rules.Count, MaxRules); index++)
        {
            CheckRule(rules[index], $"rules[{index}]", errors);
        }

        CheckVariants(Variants ?? [], errors);
        return errors.Any ? null : new FeatureFlag(
            name, Enabled, Subject ?? FeatureSubjects.User,
            [.. rules.Select(rule => new FeatureRule(rule.Users, rule.Workspaces, rule.Plans, rule.Percentage))],
            [.. (Variants ?? []).Select(variant => new FeatureVariant(variant.Name, variant.Weight))],
            Revision: 0);
    }

    private static void CheckRule(RuleInput? rule, string field, ValidationErrors errors)
    {
        if (rule is null or { Users: null, Workspaces: null, Plans: null, Percentage: null })
        {
            errors.Add(field, IdentityTexts.Of("administration.ruleMembers"));
            return;
        }

        CheckList(rule.Users, field + ".users", errors);
        CheckList(rule.Workspaces, field + ".workspaces", errors);
        CheckList(rule.Plans, field + ".plans", errors);
        for (var index = 0; index < Math.Min(rule.Plans?.Count ?? 0, MaxListed); index++)
        {
            if (!IsName(rule.Plans![index] ?? ""))
            {
                errors.Add($"{field}.plans[{index}]", IdentityTexts.Of("administration.plan"));
            }
        }

        if (rule.Percentage is < 0 or > 100)
        {
            errors.Add(field + ".percentage", FieldRules.Range(0, 100));
        }
    }

    private static void CheckList<T>(IReadOnlyList<T>? list, string field, ValidationErrors errors)
    {
        if (list is { Count: 0 or > MaxListed })
        {
            errors.Add(field, IdentityTexts.Of("administration.listed", ("max", MaxListed)));
        }
    }

    private static void CheckVariants(IReadOnlyList<VariantInput> variants, ValidationErrors errors)
    {
        if (variants.Count is 1 or > MaxVariants)
        {
            errors.Add("variants", IdentityTexts.Of("administration.variants", ("max", MaxVariants)));
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var index = 0; index < variants.Count; index++)
        {
            var field = $"variants[{index}]";
            if (variants[index] is not { } variant)
            {
                errors.Add(field, IdentityTexts.Of("administration.variantMembers"));
                continue;
            }

            if (!IsName(variant.Name) || variant.Name is "on" or "off")
            {
                errors.Add(field + ".name", IdentityTexts.Of("administration.variantName"));
            }
            else if (!names.Add(variant.Name))
            {
                errors.Add(field + ".name", IdentityTexts.Of("administration.uniqueNames"));
            }

            if (variant.Weight is < 1 or > MaxWeight)
            {
                errors.Add(field + ".weight", FieldRules.Range(1, MaxWeight));
            }
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,62}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
