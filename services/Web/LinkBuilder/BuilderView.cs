using System.Text.Json.Nodes;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Links;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.LinkBuilder;

/// <summary>Renders the link builder with what it offers. What can't be read is not offered: it never stops anybody from saving a link.</summary>
public sealed class BuilderView(LinkShortApi api, Texts texts, ActiveWorkspace active)
{
    public ApiProblem UnevenWeights => ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "variants", texts["builder.weightsSum"]);

    /// <param name="link">Null for a new one.</param>
    /// <param name="tested">The tester's answer, if it was asked.</param>
    /// <param name="said">Key of the text that says what happened.</param>
    /// <param name="theirs">What others have changed since the form was shown.</param>
    public async Task<RazorComponentResult<BuilderPage>> ShowAsync(
        LinkForm form, Link? link, ApiProblem? problem, CancellationToken cancellationToken, TesterAnswer? tested = null, string? said = null, JsonObject? theirs = null)
    {
        var (templates, tags) = (api.ListUtmTemplatesAsync(cancellationToken), api.ListTagsAsync(cancellationToken));
        return new RazorComponentResult<BuilderPage>(new
        {
            Form = form,
            Link = link,
            Problem = problem,
            Templates = (await templates).Value?.Items ?? [],
            Tags = (await tags).Value?.Items ?? [],
            Tested = tested,
            Said = said is null ? null : texts[said],
            Theirs = theirs,
        })
        { StatusCode = problem?.Status };
    }

    /// <summary>Tells the script that the draft was saved.</summary>
    /// <param name="link">Null for a new one.</param>
    public void ForgetDraft(HttpContext context, Guid? link) =>
        HostCookie.Write(context, BuilderEndpoints.SavedCookie, BuilderEndpoints.DraftOf(active, link), TimeSpan.FromMinutes(5), forScript: true);
}
