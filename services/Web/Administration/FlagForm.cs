using System.Globalization;
using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Administration;

/// <summary>The form of a flag: lists are lines of text, and one empty rule can be filled in.</summary>
public sealed record FlagForm
{
    private const int MostRules = 21;

    private static readonly char[] Separators = [' ', ',', ';', '\r', '\n', '\t'];

    public string Name { get; init; } = "";

    public string? Description { get; init; }

    /// <summary>"on", or null.</summary>
    public string? Enabled { get; init; }

    public string Subject { get; init; } = "user";

    public IReadOnlyList<Rule> Rules { get; init; } = [];

    /// <summary>One per line: name and weight.</summary>
    public string? Variants { get; init; }

    public string? ETag { get; init; }

    public sealed record Rule(string? Users, string? Workspaces, string? Plans, string? Percentage)
    {
        public bool IsEmpty => string.IsNullOrWhiteSpace(Users + Workspaces + Plans + Percentage);
    }

    public static FlagForm Of(Flag flag)
    {
        return new FlagForm
        {
            Name = flag.Name,
            Description = flag.Description,
            Enabled = flag.Enabled ? "on" : null,
            Subject = flag.Subject,
            ETag = flag.ETag,
            Rules = [.. flag.Rules.Select(rule => new Rule(
                Lines(rule.Users), Lines(rule.Workspaces), rule.Plans is null ? null : string.Join(", ", rule.Plans),
                rule.Percentage?.ToString("0.###", CultureInfo.InvariantCulture)))],
            Variants = string.Join('\n', flag.Variants.Select(variant => string.Create(CultureInfo.InvariantCulture, $"{variant.Name} {variant.Weight}"))),
        };
    }

    /// <summary>Empty rules are omitted, so that the indexes match the API's.</summary>
    public static FlagForm Of(IFormCollection fields)
    {
        return new FlagForm
        {
            Name = fields["name"].ToString().Trim(),
            Description = fields["description"],
            Enabled = fields["enabled"].Count > 0 ? "on" : null,
            Subject = fields["subject"].ToString(),
            ETag = fields["etag"].ToString() is { Length: > 0 } etag ? etag : null,
            Variants = fields["variants"],
            Rules = [.. Enumerable.Range(0, MostRules)
                .Select(index => new Rule(fields[$"rules[{index}].users"], fields[$"rules[{index}].workspaces"], fields[$"rules[{index}].plans"], fields[$"rules[{index}].percentage"]))
                .Where(rule => !rule.IsEmpty)],
        };
    }

    /// <returns>The change, and the errors of values that can't be sent.</returns>
    public (FlagChange Change, ApiProblem? Problem) ToChange(Texts messages)
    {
        ApiProblem? problem = null;
        var rules = Rules.Select((rule, index) => new FlagRule(
            Words(rule.Users), Words(rule.Workspaces), Words(rule.Plans),
            string.IsNullOrWhiteSpace(rule.Percentage) ? null : Number(rule.Percentage, $"rules[{index}].percentage"))).ToList();
        var variants = (Variants ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line =>
        {
            var words = line.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var weight))
            {
                problem ??= ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "variants", messages["administration.variantInvalid"]);
                return new FlagVariant(line, 0);
            }

            return new FlagVariant(words[0], weight);
        }).ToList();
        return (new FlagChange(Description, Enabled is not null, Subject, rules, variants), problem);

        double Number(string text, string field)
        {
            if (double.TryParse(text.Trim().TrimEnd('%', ' ').Replace(',', '.'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }

            problem ??= ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", field, messages["administration.percentageInvalid"]);
            return 0;
        }
    }

    private static string? Lines(IReadOnlyList<string>? words) => words is null ? null : string.Join('\n', words);

    private static string[]? Words(string? text) => text?.Split(Separators, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words ? words : null;
}
