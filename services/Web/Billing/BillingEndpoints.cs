using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Problems;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Billing;

/// <summary>The workspace's plan, usage and invoices; buying, changing, cancelling and resuming a plan.</summary>
public static class BillingEndpoints
{
    public const string Home = "/app/settings/billing";

    public static void MapBilling(this IEndpointRouteBuilder routes)
    {
        var billing = routes.MapGroup(Home).RequireAuthorization();
        billing.MapGet("/", ShowAsync).Needs(Permissions.BillingRead);
        billing.MapPost("/checkout", CheckoutAsync).Needs(Permissions.BillingManage);
        billing.MapPost("/portal", OpenPortalAsync).Needs(Permissions.BillingManage);
        billing.MapGet("/change", AskToChangeAsync).Needs(Permissions.BillingManage);
        billing.MapPost("/change", ChangeAsync).Needs(Permissions.BillingManage);
        billing.MapGet("/cancel", AskToCancelAsync).Needs(Permissions.BillingManage);
        billing.MapPost("/cancel", CancelAsync).Needs(Permissions.BillingManage);
        billing.MapPost("/resume", ResumeAsync).Needs(Permissions.BillingManage);
        billing.MapPost("/notices/dismiss", Dismiss);
    }

    public sealed class CheckoutForm
    {
        public string? Plan { get; init; }

        public string? Interval { get; init; }

        public string? PromotionCode { get; init; }

        /// <summary>Of the page that the form was on: the same if it is sent twice.</summary>
        public string? Key { get; init; }
    }

    public sealed class ChangeForm
    {
        /// <summary>A plan and an interval: <c>pro:year</c>.</summary>
        public string? To { get; init; }

        /// <summary>From the preview.</summary>
        public string? ProrationDate { get; init; }
    }

    public sealed class CancelForm
    {
        public string? Reason { get; init; }

        public string? Comment { get; init; }
    }

    public sealed class DismissForm
    {
        public string? Notice { get; init; }

        public string? ReturnUrl { get; init; }
    }

    public static async Task<Results<RazorComponentResult<BillingPage>, ProblemPage>> ShowAsync(
        string? cursor, LinkShortApi api, PlanStanding standing, PlanOffers offers, ActiveWorkspace active, CancellationToken cancellationToken)
    {
        var (subscribing, counting) = (standing.SubscriptionAsync(cancellationToken), standing.UsageAsync(cancellationToken));
        if (!(await subscribing).Succeeded(out var subscription, out var problem) || !(await counting).Succeeded(out var usage, out problem))
        {
            return new ProblemPage(problem);
        }

        // Without the invoices, the page is still useful.
        var invoices = active.May(Permissions.BillingManage) && await offers.CurrentAsync() is not null ? await api.ListInvoicesAsync(cursor, cancellationToken) : null;
        return new RazorComponentResult<BillingPage>(new
        {
            Subscription = subscription, Usage = usage, Offer = await offers.CurrentAsync(), Invoices = invoices?.Value, InvoiceProblem = invoices?.Problem,
            IsFirstPage = string.IsNullOrEmpty(cursor),
        });
    }

    public static async Task<IResult> CheckoutAsync(
        [FromForm] CheckoutForm form, HttpContext context, LinkShortApi api, PlanOffers offers, PlanStanding standing, CancellationToken cancellationToken)
    {
        var code = form.PromotionCode?.Trim();
        var order = new CheckoutOrder(form.Plan ?? "", form.Interval ?? "", string.IsNullOrEmpty(code) ? null : code);
        if ((await api.StartCheckoutAsync(order, KeyOf(form.Key, order), cancellationToken)).Succeeded(out var started, out var problem))
        {
            return Leaving.To(context, started.Url);
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : await PricingEndpoints.PageAsync(new PlanChoice(form.Interval, form.Plan, code), InWords(problem), offers, standing, cancellationToken);
    }

    public static async Task<IResult> OpenPortalAsync(HttpContext context, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.OpenPortalAsync(cancellationToken)).Succeeded(out var portal, out var problem))
        {
            return Leaving.To(context, portal.Url);
        }

        return flash.Refuse(InWords(problem), Home);
    }

    /// <param name="to">A plan and an interval: then what the change costs is shown.</param>
    public static async Task<IResult> AskToChangeAsync(
        string? to, LinkShortApi api, PlanStanding standing, PlanOffers offers, Flash flash, CancellationToken cancellationToken)
    {
        if (!TryRead(to, out var change))
        {
            return await ChangePageAsync(to, null, standing, offers, flash, cancellationToken);
        }

        var preview = await api.PreviewPlanChangeAsync(change, cancellationToken);
        if (preview.Problem is { } problem && (problem.LeadsElsewhere || problem.IsForbidden))
        {
            return new ProblemPage(problem);
        }

        return await ChangePageAsync(to, preview, standing, offers, flash, cancellationToken);
    }

    public static async Task<IResult> ChangeAsync(
        [FromForm] ChangeForm form, LinkShortApi api, PlanStanding standing, PlanOffers offers, Viewer viewer, Flash flash, CancellationToken cancellationToken)
    {
        if (!TryRead(form.To, out var change))
        {
            return Redirect.To(Home + "/change");
        }

        var proration = DateTimeOffset.TryParse(form.ProrationDate, CultureInfo.InvariantCulture, out var at) ? at : (DateTimeOffset?)null;
        if (!(await api.ChangePlanAsync(change with { ProrationDate = proration }, cancellationToken)).Succeeded(out var changed, out var problem))
        {
            return problem.LeadsElsewhere || problem.IsForbidden
                ? new ProblemPage(problem)
                : await ChangePageAsync(form.To, problem, standing, offers, flash, cancellationToken);
        }

        var offer = await offers.CurrentAsync();
        if (changed.Subscription is { NextPlan: { } next, RenewsAt: { } from })
        {
            flash.Say("billing.changesLater", ("plan", offer?.NameOf(next) ?? next), ("day", viewer.Date(from)));
        }
        else
        {
            flash.Say("billing.changed", ("plan", changed.Name));
        }

        return Redirect.To(Home);
    }

    public static async Task<IResult> AskToCancelAsync(PlanStanding standing, PlanOffers offers, Flash flash, CancellationToken cancellationToken) =>
        await CancelPageAsync(new CancelForm(), null, standing, offers, flash, cancellationToken);

    public static async Task<IResult> CancelAsync(
        [FromForm] CancelForm form, LinkShortApi api, PlanStanding standing, PlanOffers offers, Viewer viewer, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        ApiProblem? problem;
        if (!CancelPlanPage.Reasons.Contains(form.Reason))
        {
            problem = ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "reason", texts["billing.chooseReason"]);
        }
        else if ((await api.CancelPlanAsync(form.Reason!, string.IsNullOrWhiteSpace(form.Comment) ? null : form.Comment.Trim(), cancellationToken)).Succeeded(out var cancelled, out problem))
        {
            if (cancelled.Subscription is { LastDay: { } day })
            {
                flash.Say("billing.cancelled", ("plan", cancelled.Name), ("day", viewer.Date(day)));
            }

            return Redirect.To(Home);
        }

        return problem.LeadsElsewhere || problem.IsForbidden
            ? new ProblemPage(problem)
            : await CancelPageAsync(form, InWords(problem), standing, offers, flash, cancellationToken);
    }

    public static async Task<Results<Redirect, ProblemPage>> ResumeAsync(LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if (!(await api.ResumePlanAsync(cancellationToken)).Succeeded(out var resumed, out var problem))
        {
            return flash.Refuse(InWords(problem), Home);
        }

        flash.Say("billing.resumed", ("plan", resumed.Name));
        return Redirect.To(Home);
    }

    public static Redirect Dismiss([FromForm] DismissForm form, HttpContext context)
    {
        DismissedNotices.Add(context, form.Notice);
        return Redirect.To(ReturnUrl.Checked(form.ReturnUrl));
    }

    /// <param name="asked">The preview of the change, or why it was refused; null before anything was chosen.</param>
    private static async Task<IResult> ChangePageAsync(
        string? to, ApiResult<PlanChangePreview>? asked, PlanStanding standing, PlanOffers offers, Flash flash, CancellationToken cancellationToken)
    {
        var (subscribing, counting) = (standing.SubscriptionAsync(cancellationToken), standing.UsageAsync(cancellationToken));
        if (!(await subscribing).Succeeded(out var subscription, out var problem) || !(await offers.AskAsync()).Succeeded(out var offer, out problem))
        {
            return new ProblemPage(problem);
        }

        if (subscription.Subscription is null or { Status: "incomplete" })
        {
            flash.Warn("billing.nothingToChange");
            return Redirect.To(Home);
        }

        var refused = asked?.Problem is { } refusal ? InWords(refusal) : null;
        return new RazorComponentResult<ChangePlanPage>(new
        {
            Subscription = subscription, Offer = offer, To = to, Preview = asked?.Value, Problem = refused, Usage = (await counting).Value,
        })
        { StatusCode = refused?.Status };
    }

    private static async Task<IResult> CancelPageAsync(
        CancelForm form, ApiProblem? problem, PlanStanding standing, PlanOffers offers, Flash flash, CancellationToken cancellationToken)
    {
        var (subscribing, counting) = (standing.SubscriptionAsync(cancellationToken), standing.UsageAsync(cancellationToken));
        if (!(await subscribing).Succeeded(out var subscription, out var refused) || !(await offers.AskAsync()).Succeeded(out var offer, out refused))
        {
            return new ProblemPage(refused);
        }

        if (subscription.Subscription is null or { CancelAt: not null } or { Status: "incomplete" })
        {
            flash.Warn("billing.nothingToCancel");
            return Redirect.To(Home);
        }

        return new RazorComponentResult<CancelPlanPage>(new
        {
            Subscription = subscription, Offer = offer, Usage = (await counting).Value, Form = form, Problem = problem,
        })
        { StatusCode = problem?.Status };
    }

    private static bool TryRead(string? to, out PlanChange change)
    {
        if (to?.Split(':') is [{ Length: > 0 } plan, Intervals.Month or Intervals.Year])
        {
            change = new PlanChange(plan, to[(plan.Length + 1)..]);
            return true;
        }

        change = new PlanChange("", "");
        return false;
    }

    /// <summary>Another order of the same page has another key.</summary>
    private static string KeyOf(string? page, CheckoutOrder order) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{page}\n{order.Plan}\n{order.Interval}\n{order.PromotionCode}")));

    /// <summary>
    /// While the payment provider is unavailable, billing's own sentence says what that means: nothing was charged. And a customer that doesn't exist is no page
    /// that doesn't exist.
    /// </summary>
    private static ApiProblem InWords(ApiProblem problem) =>
        problem is { Status: StatusCodes.Status503ServiceUnavailable or StatusCodes.Status404NotFound, Detail: not null } ? problem with { Slug = "billing" } : problem;
}
