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

    /// <param name="Users">Ids, by any separator.</param>
    public sealed record Rule(string? Users, string? Workspaces, string? Plans, string? Percentage)
    {
        /// <summary>A user to add, as typed.</summary>
        public string? AddUser { get; init; }

        public string? AddWorkspace { get; init; }

        /// <summary>If several match <see cref="AddUser"/>.</summary>
        public IReadOnlyList<NamedId> UserCandidates { get; init; } = [];

        public IReadOnlyList<NamedId> WorkspaceCandidates { get; init; } = [];

        public IReadOnlyList<string> UserIds => Words(Users) ?? [];

        public IReadOnlyList<string> WorkspaceIds => Words(Workspaces) ?? [];

        public bool IsEmpty => string.IsNullOrWhiteSpace(Users + Workspaces + Plans + Percentage + AddUser + AddWorkspace);
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
                .Select(index => new Rule(fields[$"rules[{index}].users"], fields[$"rules[{index}].workspaces"], fields[$"rules[{index}].plans"], fields[$"rules[{index}].percentage"])
                {
                    AddUser = Typed(fields[$"rules[{index}].users.add"]),
                    AddWorkspace = Typed(fields[$"rules[{index}].workspaces.add"]),
                })
                .Where(rule => !rule.IsEmpty)],
        };
    }

    /// <summary>Adds what was typed to the rules.</summary>
    /// <returns>The form, and the errors of texts that match nothing or several.</returns>
    public async Task<(FlagForm Form, ApiProblem? Problem)> FindAsync(OperatorSearch search, Texts texts, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
        var rules = new List<Rule>();
        foreach (var (rule, index) in Rules.Select((rule, index) => (rule, index)))
        {
            var found = rule;
            if (rule.AddUser is { } user)
            {
                var outcome = await search.PickAsync(user, isUser: true, cancellationToken);
                found = found with { Users = With(found.Users, outcome.Chosen), UserCandidates = outcome.Candidates, AddUser = outcome.Chosen is null ? user : null };
                Check(outcome, $"rules[{index}].users.add", "administration.noSuchUser");
            }

            if (rule.AddWorkspace is { } workspace)
            {
                var outcome = await search.PickAsync(workspace, isUser: false, cancellationToken);
                found = found with { Workspaces = With(found.Workspaces, outcome.Chosen), WorkspaceCandidates = outcome.Candidates, AddWorkspace = outcome.Chosen is null ? workspace : null };
                Check(outcome, $"rules[{index}].workspaces.add", "administration.noSuchWorkspace");
            }

            rules.Add(found);
        }

        return (this with { Rules = rules }, errors.Count == 0 ? null : new ApiProblem(StatusCodes.Status400BadRequest, "validation", null, null, errors));

        void Check(SearchOutcome outcome, string field, string missing)
        {
            if (outcome.Chosen is null)
            {
                errors[field] = [texts[outcome.Candidates.Count > 0 ? "administration.several" : missing]];
            }
        }
    }

    public Task<IReadOnlyDictionary<string, string>> NamesAsync(OperatorSearch search, CancellationToken cancellationToken) =>
        search.NamesAsync(Rules.SelectMany(rule => rule.UserIds), Rules.SelectMany(rule => rule.WorkspaceIds), cancellationToken);

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

    private static string? Typed(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string? With(string? ids, NamedId? added) => added is null || Words(ids)?.Contains(added.Id, StringComparer.OrdinalIgnoreCase) == true ? ids : $"{ids}\n{added.Id}";

    private static string? Lines(IReadOnlyList<string>? words) => words is null ? null : string.Join('\n', words);

    private static string[]? Words(string? text) => text?.Split(Separators, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words ? words : null;
}
