using System.Text.Json.Serialization.Metadata;
using LinkShort.Contracts;

namespace LinkShort.Links.Behavior;

/// <summary>Omits nulls from nested values in responses: a condition has one member of fourteen.</summary>
internal static class NestedNulls
{
    private static readonly HashSet<Type> Nested =
    [
        typeof(LinkBehavior), typeof(LinkUtm), typeof(LinkRule), typeof(RuleCondition), typeof(TimeWindow), typeof(QueryCondition),
        typeof(LinkVariant), typeof(LinkPreview), typeof(LinkDeepLinks),
    ];

    public static void Omit(JsonTypeInfo type)
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
