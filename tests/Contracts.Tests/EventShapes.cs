using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace LinkShort.Contracts.Tests;

/// <summary>
/// The serialized shape of events, by type and property. Messages of the previous version are in queues and outboxes while a new version starts,
/// and services are updated one after the other, so properties may only be added.
/// </summary>
internal static class EventShapes
{
    /// <summary>
    /// One line per type (<c>LinkShort.Contracts.LinkRemoved</c>), then one per property (<c>  Version: Int64</c>, with <c>?</c> where null is
    /// allowed), both in alphabetical order, because the order is irrelevant in JSON.
    /// </summary>
    public static string Describe(IEnumerable<Type> types)
    {
        var text = new StringBuilder();
        foreach (var type in types.OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(type.FullName).Append('\n');
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(property => property.Name, StringComparer.Ordinal))
            {
                var nullability = new NullabilityInfoContext().Create(property);
                text.Append("  ").Append(property.Name).Append(": ").Append(NameOf(property.PropertyType, nullability));
                text.Append(property.IsDefined(typeof(RequiredMemberAttribute)) ? " required" : "").Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Every public record of Contracts in queues and outboxes: the events, and the values in them.</summary>
    public static IEnumerable<Type> Published => typeof(LinkChanged).Assembly.GetExportedTypes().Where(IsRecord).Except(Vocabulary);

    /// <summary>Rows of tables that are compiled into services. No event contains them.</summary>
    private static readonly Type[] Vocabulary = [typeof(ProblemType), typeof(Permission), typeof(Feature)];

    /// <param name="Breaking">Changes that are incompatible with messages or services of the other version.</param>
    /// <param name="Additions">Compatible changes.</param>
    public sealed record Difference(IReadOnlyList<string> Breaking, IReadOnlyList<string> Additions);

    public static Difference Compare(string approved, string actual)
    {
        var before = Parse(approved);
        var after = Parse(actual);
        List<string> breaking = [];
        List<string> additions = [];
        foreach (var (type, properties) in before)
        {
            if (!after.TryGetValue(type, out var now))
            {
                breaking.Add($"{type} is gone or has another name");
                continue;
            }

            foreach (var (property, was) in properties)
            {
                if (!now.TryGetValue(property, out var shape))
                {
                    breaking.Add($"{type}.{property} is gone or has another name");
                }
                else if (shape != was)
                {
                    breaking.Add($"{type}.{property} was {was} and is {shape}");
                }
            }

            foreach (var (property, shape) in now.Where(each => !properties.ContainsKey(each.Key)))
            {
                // Messages that are in queues now don't have it.
                (shape.EndsWith('?') ? additions : breaking).Add(
                    shape.EndsWith('?') ? $"{type}.{property} is new" : $"{type}.{property} is new and not nullable: {shape} → {shape.Replace(" required", "", StringComparison.Ordinal)}?");
            }
        }

        additions.AddRange(after.Keys.Where(type => !before.ContainsKey(type)).Select(type => $"{type} is new"));
        return new Difference(breaking, additions);
    }

    private static Dictionary<string, Dictionary<string, string>> Parse(string text)
    {
        var types = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        Dictionary<string, string>? current = null;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd('\r')))
        {
            if (!line.StartsWith(' '))
            {
                types[line] = current = new Dictionary<string, string>(StringComparer.Ordinal);
            }
            else
            {
                var parts = line.Trim().Split(": ", 2);
                current![parts[0]] = parts[1];
            }
        }

        return types;
    }

    private static string NameOf(Type type, NullabilityInfo nullability)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return value.Name + "?";
        }

        var name = type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Zip(nullability.GenericTypeArguments, NameOf))}>"
            : type.IsArray
                ? NameOf(type.GetElementType()!, nullability.ElementType!) + "[]"
                : type.Name;
        return nullability.ReadState == NullabilityState.Nullable && !type.IsValueType ? name + "?" : name;
    }

    /// <summary>The compiler gives every record a clone method of this name.</summary>
    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;
}
