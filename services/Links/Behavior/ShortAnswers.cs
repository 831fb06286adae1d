using System.Text.Json.Serialization.Metadata;
using LinkShort.Contracts;

namespace LinkShort.Links.Behavior;

/// <summary>Of a nested value, answers show what is set: a condition with thirteen nulls beside its one member can't be read.</summary>
internal static class ShortAnswers
{
    private static readonly HashSet<Type> Nested =
    [
        typeof(LinkBehavior), typeof(LinkUtm), typeof(LinkRule), typeof(RuleCondition), typeof(TimeWindow), typeof(QueryCondition),
        typeof(LinkVariant), typeof(LinkPreview), typeof(LinkDeepLinks),
    ];

    public static void LeaveOutNulls(JsonTypeInfo type)
    {
        if (!Nested.Contains(type.Type))
        {
            return;
        }

        foreach (var property in type.Properties)
        {
            property.ShouldSerialize = static (_, value) => value is not null;
        }
    }
}
