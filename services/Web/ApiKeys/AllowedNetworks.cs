using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.ApiKeys;

/// <summary>The text field for allowed networks: one per line, or separated by commas.</summary>
public static class AllowedNetworks
{
    private const string Field = "allowedNetworks";

    /// <returns>Null if empty: no restriction.</returns>
    public static IReadOnlyList<string>? Parse(string? text)
    {
        var networks = (text ?? "").Split(['\n', ',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return networks.Length == 0 ? null : networks;
    }

    public static string Text(IReadOnlyList<string>? networks) => networks is null ? "" : string.Join('\n', networks);

    /// <summary>Moves the API's errors about single entries to the form's one field.</summary>
    public static ApiProblem OnField(ApiProblem problem, IReadOnlyList<string>? sent, Texts texts)
    {
        var about = problem.Errors.Where(error => error.Key.StartsWith(Field, StringComparison.OrdinalIgnoreCase)).ToList();
        if (about.Count == 0)
        {
            return problem;
        }

        var others = problem.Errors.Except(about).ToDictionary(error => error.Key, error => error.Value, StringComparer.OrdinalIgnoreCase);
        others["networks"] = [.. about.SelectMany(error => error.Value.Select(message =>
            Entry(error.Key, sent) is { } entry ? texts["apiKeys.networkError", ("network", entry), ("message", message)] : message))];
        return problem with { Errors = others };
    }

    private static string? Entry(string field, IReadOnlyList<string>? sent)
    {
        var start = field.IndexOf('[', StringComparison.Ordinal);
        return start > 0 && int.TryParse(field[(start + 1)..^1], System.Globalization.CultureInfo.InvariantCulture, out var index) && index < (sent?.Count ?? 0)
            ? sent![index]
            : null;
    }
}
