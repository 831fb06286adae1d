using System.Text.Json.Nodes;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Links;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.LinkBuilder;

/// <summary>
/// POST /app/links/form: the builder's buttons that don't save the link. The whole form is sent and shown again, so they work without script and
/// lose nothing; with script, only the part that changes is replaced.
/// </summary>
public static class BuilderSteps
{
    public const string Path = "/app/links/form";

    public const string Test = "test";
    public const string SaveTemplate = "saveTemplate";
    public const string UseTemplate = "useTemplate:";
    public const string DeleteTemplate = "deleteTemplate:";

    /// <summary>Fields that decide where a link leads; the tester is asked about them.</summary>
    private static readonly string[] Deciding =
        ["url", "activeFrom", "expiresAt", "expiredUrl", "forwardQuery", "utm", "rules", "variants", "preview", "deepLinks"];

    public static async Task<Results<Redirect, RazorComponentResult<BuilderPage>, ProblemPage>> HandleAsync(
        [FromForm] LinkForm form, LinkShortApi api, Viewer viewer, BuilderView view, CancellationToken cancellationToken)
    {
        Link? link = null;
        if (form.LinkId is { } id)
        {
            var result = await api.GetLinkAsync(id, cancellationToken);
            if (!result.Succeeded(out link, out var missing))
            {
                return new ProblemPage(missing);
            }
        }

        switch (form.Step)
        {
            case Test:
                var tested = await TestAsync(form, api, viewer, cancellationToken);
                return tested.Problem is { LeadsElsewhere: true } elsewhere ? new ProblemPage(elsewhere) : await view.ShowAsync(form, link, null, cancellationToken, tested);
            case SaveTemplate:
                var refused = await SaveAsync(form, api, cancellationToken);
                return refused is { LeadsElsewhere: true } ? new ProblemPage(refused)
                    : await view.ShowAsync(form, link, refused, cancellationToken, said: refused is null ? "builder.templateSaved" : null);
            case { } use when use.StartsWith(UseTemplate, StringComparison.Ordinal) && Guid.TryParse(use[UseTemplate.Length..], out var chosen):
                await UseAsync(form, chosen, api, cancellationToken);
                break;
            case { } delete when delete.StartsWith(DeleteTemplate, StringComparison.Ordinal) && Guid.TryParse(delete[DeleteTemplate.Length..], out var dropped):
                var done = await api.DeleteUtmTemplateAsync(dropped, cancellationToken);
                // Already deleted: the goal is reached.
                return done.Problem is { Status: not StatusCodes.Status404NotFound } failed
                    ? failed.LeadsElsewhere ? new ProblemPage(failed) : await view.ShowAsync(form, link, failed, cancellationToken)
                    : await view.ShowAsync(form, link, null, cancellationToken, said: "builder.templateDeleted");
        }

        return await view.ShowAsync(form, link, null, cancellationToken);
    }

    private static async Task<TesterAnswer> TestAsync(LinkForm form, LinkShortApi api, Viewer viewer, CancellationToken cancellationToken)
    {
        var fields = form.Changes(new LinkForm(), viewer.TimeZone);
        var draft = new JsonObject(Deciding.Where(fields.ContainsKey).Select(name => KeyValuePair.Create(name, fields[name]?.DeepClone())));
        draft.TryAdd("url", "");
        var question = new JsonObject { ["link"] = draft, ["visitor"] = form.Visitor.ToJson() };
        if (!string.IsNullOrWhiteSpace(form.Visitor.At))
        {
            question["at"] = LinkForm.Instant(form.Visitor.At, viewer.TimeZone);
        }

        var result = await api.EvaluateLinkAsync(question, cancellationToken);
        return new TesterAnswer(result.Value, result.Problem);
    }

    /// <summary>Under a name that exists already, the template gets the new values.</summary>
    /// <returns>Null if it was saved.</returns>
    private static async Task<ApiProblem?> SaveAsync(LinkForm form, LinkShortApi api, CancellationToken cancellationToken)
    {
        var name = form.TemplateName?.Trim() ?? "";
        var utm = form.Changes(new LinkForm(), TimeZoneInfo.Utc)["utm"]?.DeepClone();
        var existing = (await api.ListUtmTemplatesAsync(cancellationToken)).Value?.Items.FirstOrDefault(template => template.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        var problem = existing is null
            ? (await api.CreateUtmTemplateAsync(new JsonObject { ["name"] = name, ["utm"] = utm }, cancellationToken)).Problem
            : (await api.ChangeUtmTemplateAsync(existing.Id, new JsonObject { ["utm"] = utm }, cancellationToken)).Problem;
        return problem is null ? null : problem with { Errors = problem.Errors.ToDictionary(error => error.Key == "name" ? "templateName" : error.Key, error => error.Value) };
    }

    private static async Task UseAsync(LinkForm form, Guid id, LinkShortApi api, CancellationToken cancellationToken)
    {
        if ((await api.ListUtmTemplatesAsync(cancellationToken)).Value?.Items.FirstOrDefault(template => template.Id == id)?.Utm is { } utm)
        {
            form.Utm = new() { Source = utm.Source, Medium = utm.Medium, Campaign = utm.Campaign, Term = utm.Term, Content = utm.Content };
        }
    }
}
