using System.Collections.Frozen;
using System.Text.Json;

namespace LinkShort.Look;

/// <summary>
/// Colours, fonts, sizes and shadows of every surface, from tokens.json. A value is the same in both themes, or a pair: light, dark.
/// </summary>
public static class DesignTokens
{
    private static readonly (string Name, string Light, string Dark)[] InOrder = Read();
    private static readonly FrozenDictionary<string, (string Light, string Dark)> Values =
        InOrder.ToFrozenDictionary(token => token.Name, token => (token.Light, token.Dark), StringComparer.Ordinal);

    /// <summary>In the order of the file.</summary>
    public static IEnumerable<string> Names => InOrder.Select(token => token.Name);

    /// <exception cref="KeyNotFoundException">There is no such token.</exception>
    public static string Light(string name) => Find(name).Light;

    /// <exception cref="KeyNotFoundException">There is no such token.</exception>
    public static string Dark(string name) => Find(name).Dark;

    private static (string Light, string Dark) Find(string name) =>
        Values.TryGetValue(name, out var value) ? value : throw new KeyNotFoundException($"services/Shared/Look/tokens.json has no token '{name}'.");

    private static (string, string, string)[] Read()
    {
        using var stream = typeof(DesignTokens).Assembly.GetManifestResourceStream("tokens.json")!;
        using var file = JsonDocument.Parse(stream);
        return
        [
            .. file.RootElement.EnumerateObject().SelectMany(group => group.Value.EnumerateObject()).Select(token => token.Value.ValueKind is JsonValueKind.Array
                ? (token.Name, token.Value[0].GetString()!, token.Value[1].GetString()!)
                : (token.Name, token.Value.GetString()!, token.Value.GetString()!)),
        ];
    }
}
