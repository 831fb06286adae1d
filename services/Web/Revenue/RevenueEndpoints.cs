using LinkShort.Localization;
using LinkShort.Web.Administration;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Revenue;

/// <summary>The operators' page about money, and the plans that they grant by hand.</summary>
public static class RevenueEndpoints
{
    /// <summary>Numbers of months that the page shows; the first by default.</summary>
    public static readonly IReadOnlyList<int> Ranges = [13, 25, 60];

    public static void MapRevenue(this RouteGroupBuilder admin)
    {
        ArgumentNullException.ThrowIfNull(admin);
        admin.MapGet("/revenue", ShowAsync);
        admin.MapPost("/workspaces/{id:guid}/plan", GrantAsync);
        admin.MapPost("/workspaces/{id:guid}/plan/end", EndAsync);
    }

    public static async Task<Results<RazorComponentResult<RevenuePage>, ProblemPage>> ShowAsync(
        string? months, LinkShortApi api, OperatorSearch search, CancellationToken cancellationToken)
    {
        var range = int.TryParse(months, out var wanted) && Ranges.Contains(wanted) ? wanted : Ranges[0];
        if (!(await api.RevenueAsync(range, cancellationToken)).Succeeded(out var revenue, out var problem)
            || !(await api.ConversionAsync(cancellationToken)).Succeeded(out var conversion, out problem)
            || !(await api.UsageDistributionAsync(cancellationToken)).Succeeded(out var usage, out problem)
            || !(await api.RevenueAtRiskAsync(cancellationToken)).Succeeded(out var risk, out problem))
        {
            return problem is { Slug: "billing-disabled" }
                ? new RazorComponentResult<RevenuePage>(new { Range = range })
                : AdministrationEndpoints.Page(problem);
        }

        var names = await search.NamesAsync([], risk.Customers.Select(customer => customer.WorkspaceId.ToString()), cancellationToken);
        return new RazorComponentResult<RevenuePage>(new { Range = range, Revenue = revenue, Conversion = conversion, Usage = usage, Risk = risk, Names = names });
    }

    public static async Task<Results<Redirect, RazorComponentResult<WorkspacePage>, ProblemPage>> GrantAsync(
        Guid id, [FromForm] GrantForm form, LinkShortApi api, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        var (change, problem) = form.ToChange(texts);
        problem ??= (await api.GrantPlanAsync(id, change, cancellationToken)).Problem;
        if (problem is null)
        {
            flash.Say("revenue.granted");
            return Redirect.To(PageOf(id));
        }

        return problem.Status == StatusCodes.Status400BadRequest
            && (await api.GetWorkspaceAsOperatorAsync(id, cancellationToken)).Value is { } workspace && (await api.PlanOfWorkspaceAsync(id, cancellationToken)).Value is { } plan
            ? new RazorComponentResult<WorkspacePage>(new { Workspace = workspace, Plan = plan, Grant = form, GrantProblem = problem }) { StatusCode = problem.Status }
            : AdministrationEndpoints.Page(problem);
    }

    public static async Task<Results<Redirect, ProblemPage>> EndAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        // A grant that is over in the meantime needs no ending.
        if ((await api.EndGrantedPlanAsync(id, cancellationToken)).Problem is { Status: not StatusCodes.Status404NotFound } problem)
        {
            return AdministrationEndpoints.Page(problem);
        }

        flash.Say("revenue.grantEnded");
        return Redirect.To(PageOf(id));
    }

    private static string PageOf(Guid workspace) => $"/app/admin/workspaces/{workspace}";
}
