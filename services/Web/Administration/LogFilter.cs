using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Administration;

/// <summary>What the operator log shows, by names.</summary>
/// <param name="Workspace">The id of the workspace whose log to show; null for the operators' own.</param>
/// <param name="Target">As the API takes it.</param>
/// <param name="WorkspaceText">As shown in the form.</param>
/// <param name="Candidates">If several match a text: the parameter, and what to choose from.</param>
/// <param name="Problem">Of a text that matches nothing, or several.</param>
public sealed record LogFilter(
    string? Workspace, string? Target, string? WorkspaceText, string? TargetText, (string Parameter, IReadOnlyList<NamedId> Items) Candidates, ApiProblem? Problem)
{
    private const string UserPrefix = "user:";

    public static async Task<LogFilter> OfAsync(string? workspace, string? target, OperatorSearch search, Texts texts, CancellationToken cancellationToken)
    {
        var filter = new LogFilter(null, null, workspace?.Trim(), target?.Trim(), ("", []), null);
        if (filter.WorkspaceText is { Length: > 0 } named)
        {
            var outcome = await search.PickAsync(named, isUser: false, cancellationToken);
            // An id of a workspace that was deleted has a log, but no name.
            filter = outcome.Chosen is { } chosen ? filter with { Workspace = chosen.Id, WorkspaceText = chosen.Text }
                : Guid.TryParse(named, out _) ? filter with { Workspace = named }
                : filter.With("workspaceId", outcome, texts["administration.noSuchWorkspace"], texts);
        }

        if (filter.TargetText is not { Length: > 0 } text)
        {
            return filter;
        }

        var id = text.StartsWith(UserPrefix, StringComparison.Ordinal) ? text[UserPrefix.Length..] : text;
        var user = await search.PickAsync(id, isUser: true, cancellationToken);
        return user.Chosen is { } found ? filter with { Target = UserPrefix + found.Id, TargetText = found.Text }
            // Anything else that the API knows: flag, flag:beta, an id of something deleted.
            : user.Candidates.Count == 0 ? filter with { Target = text }
            : filter.With("target", user, "", texts);
    }

    private LogFilter With(string parameter, SearchOutcome outcome, string missing, Texts texts) => this with
    {
        Candidates = (parameter, outcome.Candidates),
        Problem = ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", parameter, outcome.Candidates.Count > 0 ? texts["administration.several"] : missing),
    };
}
