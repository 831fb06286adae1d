using LinkShort.Web.Api;

namespace LinkShort.Web.ApiKeys;

/// <summary>Networks as people type them: one a line, or with commas between.</summary>
public static class NetworkList
{
    private const string Field = "allowedNetworks";

    /// <returns>Null for nothing: from anywhere.</returns>
    public static IReadOnlyList<string>? Parse(string? text)
    {
        var networks = (text ?? "").Split(['\n', ',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return networks.Length == 0 ? null : networks;
    }

    public static string Text(IReadOnlyList<string>? networks) => networks is null ? "" : string.Join('\n', networks);

    /// <summary>The API's messages about single entries, on the one field that the form has for them.</summary>
    public static ApiProblem OnField(ApiProblem problem, IReadOnlyList<string>? sent)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var about = problem.Errors.Where(error => error.Key.StartsWith(Field, StringComparison.OrdinalIgnoreCase)).ToList();
        if (about.Count == 0)
        {
            return problem;
        }

        var others = problem.Errors.Except(about).ToDictionary(error => error.Key, error => error.Value, StringComparer.OrdinalIgnoreCase);
        others["networks"] = [.. about.SelectMany(error => error.Value.Select(message => Entry(error.Key, sent) is { } entry ? $"“{entry}”: {message}" : message))];
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
