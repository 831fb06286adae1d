using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;

namespace LinkShort.Web.Commands;

/// <summary>What a command does.</summary>
public enum CommandEffect
{
    /// <summary>Goes to the page at its target.</summary>
    Go,

    /// <summary>Opens the page at its target as a dialog.</summary>
    Open,

    /// <summary>Submits the page's form that posts to its target.</summary>
    Submit,

    /// <summary>Submits the form of languages with its target.</summary>
    Speak,

    /// <summary>Switches between light and dark.</summary>
    Theme,
}

/// <summary>An entry of the command menu.</summary>
/// <param name="Keys">That do the same.</param>
/// <param name="Language">Of the text, if it isn't the page's.</param>
public sealed record Command(string Text, string Icon, CommandEffect Effect, string Target, string? Keys = null, Language? Language = null);

/// <param name="Name">Heading.</param>
public sealed record CommandGroup(string Name, IReadOnlyList<Command> Commands);

/// <summary>The commands that the visitor is offered: nothing that their role doesn't allow.</summary>
public sealed class CommandList(ActiveWorkspace active, CurrentSession session, Viewer viewer, Texts texts)
{
    /// <summary>Creates a link; also by a key.</summary>
    public const string NewLink = "/app/links/new";

    public IReadOnlyList<CommandGroup> Groups =>
    [
        .. new CommandGroup[]
        {
            new(texts["commands.create"], [.. Creations()]),
            new(texts["commands.goTo"], [.. Pages()]),
            new(texts["commands.switchWorkspace"], [.. Workspaces()]),
            new(texts["commands.more"], [.. Others()]),
        }.Where(group => group.Commands.Count > 0),
    ];

    private IEnumerable<Command> Creations()
    {
        if (active.MayChange(Permissions.LinksWrite))
        {
            yield return new(texts["links.new"], "link", CommandEffect.Open, NewLink, "C");
        }

        if (active.MayChange(Permissions.MembersManage))
        {
            yield return new(texts["team.invite"], "mail", CommandEffect.Open, "/app/team/invite");
        }

        if (active.MayChange(Permissions.ApiKeysManage))
        {
            yield return new(texts["apiKeys.newKey"], "key", CommandEffect.Open, "/app/settings/keys/new");
        }

        yield return new(texts["workspaces.new"], "plus", CommandEffect.Open, "/app/workspaces/new");
    }

    private IEnumerable<Command> Pages()
    {
        // The last one, settings, is the first of its tabs.
        var pages = Navigation.Main.SkipLast(1).Concat(Navigation.OfWorkspace).Concat(Navigation.OfUser).Where(page => page.IsOfferedTo(active));
        foreach (var page in pages)
        {
            yield return new(NameOf(page), page.Icon, CommandEffect.Go, page.Path);
        }

        if (session.IsOperator)
        {
            yield return new(texts["layout.administration"], "adjustments", CommandEffect.Go, "/app/admin/users");
        }
    }

    private IEnumerable<Command> Workspaces() => active.All
        .Where(workspace => workspace.Id != active.Id)
        .Select(workspace => new Command(workspace.Name, "git-branch", CommandEffect.Submit, $"/app/workspaces/{workspace.Id}/switch"));

    private IEnumerable<Command> Others()
    {
        yield return new(texts["layout.switchTheme"], "moon", CommandEffect.Theme, "");
        foreach (var language in Language.All.Where(language => language != viewer.Language))
        {
            yield return new(language.OwnName, "world", CommandEffect.Speak, language.Code, Language: language);
        }

        yield return new(texts["commands.shortcuts"], "keyboard", CommandEffect.Open, "/app/shortcuts", "?");
        yield return new(texts["layout.signOut"], "logout", CommandEffect.Submit, "/app/signout");
    }

    private string NameOf(Destination page) => page.Key == "layout.general" ? texts["layout.workspaceSettings"] : texts[page.Key];
}
