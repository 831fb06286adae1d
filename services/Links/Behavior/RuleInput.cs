using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Behavior;

/// <summary>Validates and normalizes the <c>rules</c> of one link.</summary>
internal sealed class RuleInput(DestinationPolicy destinations, ValidationErrors errors)
{
    public const int MaxRules = 50;

    /// <summary>A condition directly under <c>when</c> has depth 1.</summary>
    public const int MaxDepth = 5;

    /// <summary>Conditions about the visitor, across all rules of a link.</summary>
    public const int MaxLeaves = 100;

    private int _leaves;

    /// <returns>Null for none.</returns>
    public IReadOnlyList<LinkRule>? Rules(IReadOnlyList<LinkRule?>? rules)
    {
        if (rules is null or { Count: 0 })
        {
            return null;
        }

        if (rules.Count > MaxRules)
        {
            errors.Add("rules", LinksTexts.Of("rules.max", ("max", MaxRules)));
            return null;
        }

        var kept = rules.Select((rule, i) => Rule($"rules[{i}]", rule)).ToList();
        if (_leaves > MaxLeaves)
        {
            errors.Add("rules", LinksTexts.Of("rules.maxConditions", ("max", MaxLeaves)));
        }

        return kept;
    }

    private LinkRule Rule(string field, LinkRule? rule)
    {
        if (rule is null)
        {
            errors.Add(field, LinksTexts.Of("rules.object"));
            return new LinkRule(new RuleCondition(), "");
        }

        return new LinkRule(Condition($"{field}.when", rule.When, 1), LinkInput.Destination($"{field}.url", rule.Url, destinations, errors));
    }

    private RuleCondition Condition(string field, RuleCondition? condition, int depth)
    {
        if (condition is null || MembersOf(condition) != 1)
        {
            errors.Add(field, LinksTexts.Of("rules.exactlyOne"));
            return new RuleCondition();
        }

        if (depth > MaxDepth)
        {
            errors.Add(field, LinksTexts.Of("rules.depth", ("max", MaxDepth)));
            return condition;
        }

        if (condition is { All: null, Any: null, Not: null })
        {
            // Beyond the limit the request is refused anyway.
            return ++_leaves > MaxLeaves ? condition : new ConditionInput(field, errors).Read(condition);
        }

        return condition.Not is { } not
            ? new RuleCondition { Not = Condition($"{field}.not", not, depth + 1) }
            : new RuleCondition { All = Conditions($"{field}.all", condition.All, depth), Any = Conditions($"{field}.any", condition.Any, depth) };
    }

    private IReadOnlyList<RuleCondition>? Conditions(string field, IReadOnlyList<RuleCondition?>? conditions, int depth)
    {
        if (conditions is null)
        {
            return null;
        }

        if (conditions.Count is 0 or > ConditionInput.MaxEntries)
        {
            errors.Add(field, LinksTexts.Of("rules.conditions", ("max", ConditionInput.MaxEntries)));
            return null;
        }

        return [.. conditions.Select((condition, i) => Condition($"{field}[{i}]", condition, depth + 1))];
    }

    private static int MembersOf(RuleCondition condition) =>
        ((object?[])
        [
            condition.All, condition.Any, condition.Not, condition.Continent, condition.Country, condition.Region, condition.City,
            condition.Device, condition.Os, condition.Browser, condition.Language, condition.Referrer, condition.Time, condition.Query,
        ]).Count(member => member is not null);
}
