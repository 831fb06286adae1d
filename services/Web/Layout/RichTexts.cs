using System.Text.Json;
using LinkShort.Localization;
using Microsoft.AspNetCore.Components;

namespace LinkShort.Web.Layout;

/// <summary>Texts with elements (<c>Read the &lt;terms&gt;terms&lt;/terms&gt;</c>), and texts for scripts.</summary>
public static class RichTexts
{
    /// <summary>Placeholders that the script fills in itself.</summary>
    private static readonly (string Name, object? Value)[] LeftToScript = [.. new[] { "n", "value", "at", "total" }.Select(name => (name, (object?)$"{{{name}}}"))];

    /// <returns>JSON of the texts by their names, for a data attribute.</returns>
    public static string ForScript(this Texts texts, string prefix, params string[] names) => JsonSerializer.Serialize(names.ToDictionary(name => name, name => texts[prefix + name, LeftToScript]));

    /// <param name="elements">What each element becomes. <c>b</c> and <c>code</c> need no entry.</param>
    public static RenderFragment Rich(this Texts texts, string key, params (string Name, RenderFragment<string> Content)[] elements) => texts.Rich(key, [], elements);

    /// <param name="arguments">The placeholders' values.</param>
    /// <param name="elements">What each element becomes. <c>b</c> and <c>code</c> need no entry.</param>
    public static RenderFragment Rich(
        this Texts texts, string key, (string Name, object? Value)[] arguments, params (string Name, RenderFragment<string> Content)[] elements) => builder =>
    {
        foreach (var part in texts.Parts(key, arguments))
        {
            var content = elements.FirstOrDefault(element => element.Name == part.Element).Content;
            if (content is not null)
            {
                builder.AddContent(0, content(part.Text));
            }
            else if (part.Element is "b" or "code")
            {
                builder.OpenElement(1, part.Element == "b" ? "strong" : "code");
                // Code is the same in all languages.
                builder.AddAttribute(2, "dir", part.Element == "code" ? "ltr" : null);
                builder.AddContent(3, part.Text);
                builder.CloseElement();
            }
            else
            {
                builder.AddContent(4, part.Text);
            }
        }
    };
}
