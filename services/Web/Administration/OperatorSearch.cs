using LinkShort.Web.Api;

namespace LinkShort.Web.Administration;

/// <summary>A user or workspace, as operators pick it.</summary>
public sealed record NamedId(string Id, string Text);

/// <param name="Chosen">Null if there is none, or several.</param>
/// <param name="Candidates">Those to choose from.</param>
public sealed record SearchOutcome(NamedId? Chosen, IReadOnlyList<NamedId> Candidates);

/// <summary>Finds users and workspaces by what operators type: a name, an email address, or an id.</summary>
public sealed class OperatorSearch(LinkShortApi api)
{
    private const int MostCandidates = 8;

    /// <summary>Names of more are shown as ids.</summary>
    private const int MostNames = 40;

    public async Task<ApiResult<List<NamedId>>> UsersAsync(string? text, CancellationToken cancellationToken) =>
        (await api.FindUsersAsync(InnerOf(text), false, null, cancellationToken)).Succeeded(out var found, out var problem)
            ? found.Items.Take(MostCandidates).Select(user => new NamedId(user.Id.ToString(), TextOf(user.Name, user.Email))).ToList()
            : problem;

    public async Task<ApiResult<List<NamedId>>> WorkspacesAsync(string? text, CancellationToken cancellationToken) =>
        (await api.FindWorkspacesAsync(text?.Trim(), false, null, cancellationToken)).Succeeded(out var found, out var problem)
            ? found.Items.Take(MostCandidates).Select(workspace => new NamedId(workspace.Id.ToString(), workspace.Name)).ToList()
            : problem;

    /// <summary>The one that was meant. An outage finds nothing.</summary>
    public async Task<SearchOutcome> PickAsync(string text, bool isUser, CancellationToken cancellationToken)
    {
        var found = (await (isUser ? UsersAsync(text, cancellationToken) : WorkspacesAsync(text, cancellationToken))).Value ?? [];
        var exact = found.Where(choice => choice.Text.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase) || choice.Id.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)
            || choice.Text.EndsWith($"({text.Trim()})", StringComparison.OrdinalIgnoreCase)).ToList();
        return exact is [var only] ? new SearchOutcome(only, []) : found is [var single] ? new SearchOutcome(single, []) : new SearchOutcome(null, found);
    }

    /// <summary>Names by id, for what is stored by ids. Those that no longer exist are missing.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(IEnumerable<string> users, IEnumerable<string> workspaces, CancellationToken cancellationToken)
    {
        var names = await Task.WhenAll(
            [.. users.Distinct().Take(MostNames).Select(async id => (id, Guid.TryParse(id, out var user) && (await api.GetUserAsync(user, cancellationToken)).Value is { } found ? TextOf(found.Name, found.Email) : null)),
            .. workspaces.Distinct().Take(MostNames).Select(async id => (id, Guid.TryParse(id, out var workspace) ? (await api.GetWorkspaceAsOperatorAsync(workspace, cancellationToken)).Value?.Name : null))]);
        return names.Where(name => name.Item2 is not null).DistinctBy(name => name.id).ToDictionary(name => name.id, name => name.Item2!);
    }

    private static string TextOf(string? name, string email) => string.IsNullOrWhiteSpace(name) ? email : $"{name} ({email})";

    /// <summary>The address of a text as it is offered: the API searches for parts of names and addresses, not for both.</summary>
    private static string? InnerOf(string? text) =>
        text?.Trim() is { } typed && typed.EndsWith(')') && typed.LastIndexOf('(') is >= 0 and var at && typed[(at + 1)..^1].Contains('@', StringComparison.Ordinal) ? typed[(at + 1)..^1] : text?.Trim();
}
