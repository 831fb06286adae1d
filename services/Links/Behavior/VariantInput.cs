using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Behavior;

/// <summary>Validates and normalizes <c>variants</c>.</summary>
internal static class VariantInput
{
    public const int MaxVariants = 10;
    public const int MaxWeight = 1000;
    public const int MaxName = 50;

    /// <returns>Every variant has a name; null for none.</returns>
    public static IReadOnlyList<LinkVariant>? Variants(IReadOnlyList<LinkVariant?>? variants, DestinationPolicy destinations, ValidationErrors errors)
    {
        if (variants is null or { Count: 0 })
        {
            return null;
        }

        if (variants.Count > MaxVariants)
        {
            errors.Add("variants", LinksTexts.Of("variants.max", ("max", MaxVariants)));
            return null;
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var kept = variants.Select((variant, i) => Variant($"variants[{i}]", variant, names, destinations, errors)).ToList();
        // Chosen names first: a default name must not collide with one of them.
        var letters = Enumerable.Range('A', 26).Select(letter => ((char)letter).ToString()).Where(letter => !names.Contains(letter)).GetEnumerator();
        return [.. kept.Select((variant, i) => variant.Name is not null ? variant : variant with { Name = DefaultName(i, names, letters) })];
    }

    /// <summary>The letter of the variant's position, or the next free one.</summary>
    private static string DefaultName(int place, HashSet<string> names, IEnumerator<string> letters)
    {
        var own = ((char)('A' + place)).ToString();
        if (names.Add(own))
        {
            return own;
        }

        while (letters.MoveNext())
        {
            if (names.Add(letters.Current))
            {
                return letters.Current;
            }
        }

        throw new InvalidOperationException("Ten variants can't have used all letters.");
    }

    private static LinkVariant Variant(
        string field, LinkVariant? variant, HashSet<string> names, DestinationPolicy destinations, ValidationErrors errors)
    {
        if (variant is null)
        {
            errors.Add(field, LinksTexts.Of("variants.object"));
            return new LinkVariant(1);
        }

        if (variant.Weight is < 1 or > MaxWeight)
        {
            errors.Add($"{field}.weight", FieldRules.Range(1, MaxWeight));
        }

        var url = variant.Url is null ? null : LinkInput.Destination($"{field}.url", variant.Url, destinations, errors);
        var name = LinkInput.Text($"{field}.name", variant.Name, MaxName, lines: false, errors);
        if (name is not null && !names.Add(name))
        {
            errors.Add($"{field}.name", LinksTexts.Of("variants.uniqueNames"));
        }

        return new LinkVariant(variant.Weight, url, name);
    }
}
