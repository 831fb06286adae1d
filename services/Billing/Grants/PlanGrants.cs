using LinkShort.Billing.Plans;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Billing.Grants;

/// <summary>GET, PUT, DELETE /api/v1/admin/billing/workspaces/{id}/plan: a workspace's plan, given by an operator.</summary>
public static class PlanGrants
{
    private const int MaxReason = 500;

    public sealed record Services(Database Database, PlanCatalog Plans, CurrentPlans Current, WorkspaceContacts Contacts, AuditTrail Audit, TimeProvider Time);

    public sealed record Request
    {
        /// <summary>A plan's key: free, pro, business or one of the installation's own.</summary>
        public required string Plan { get; init; }

        /// <summary>For the audit log, which the workspace's admins read. At most 500 characters.</summary>
        public required string Reason { get; init; }

        /// <summary>When the plan ends; leave it out for one without an end.</summary>
        public DateTimeOffset? EndsAt { get; init; }
    }

    /// <param name="Plan">The workspace's plan now.</param>
    /// <param name="Source"><c>grant</c>, <c>subscription</c> or <c>default</c>: why it has the plan.</param>
    /// <param name="Grant">Null unless an operator gave the plan.</param>
    /// <param name="Plans">Those that can be given, from the smallest to the largest.</param>
    public sealed record Response(Guid WorkspaceId, string Plan, string Source, GrantResponse? Grant, IReadOnlyList<ChoiceResponse> Plans);

    /// <param name="Key">For requests; stable.</param>
    /// <param name="Name">As shown.</param>
    public sealed record ChoiceResponse(string Key, string Name);

    public sealed record GrantResponse(string Plan, string Reason, DateTimeOffset? EndsAt, Guid GrantedBy, DateTimeOffset GrantedAt);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> GetAsync(
        Guid id, Database database, PlanCatalog plans, WorkspaceContacts contacts, CancellationToken cancellationToken)
    {
        if (await contacts.FindAsync(id, cancellationToken) is null)
        {
            return Problems.NotFound.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        return TypedResults.Ok(await ReadAsync(work, id, plans, cancellationToken));
    }

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> PutAsync(
        Guid id, Request body, CurrentUser user, [AsParameters] Services services, CancellationToken cancellationToken)
    {
        var (database, plans, current, contacts, audit, time) = services;
        var now = time.GetUtcNow().ToMicroseconds();
        var errors = new ValidationErrors();
        var plan = plans.Find(body.Plan);
        if (plan is null)
        {
            errors.Add("plan", FieldRules.OneOf(plans.All.Select(each => each.Key)));
        }

        var reason = body.Reason.Trim();
        if (reason.Length is 0 or > MaxReason || reason.Any(char.IsControl))
        {
            errors.Add("reason", FieldRules.Printable(MaxReason));
        }

        if (body.EndsAt <= now)
        {
            errors.Add("endsAt", FieldRules.Future);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (await contacts.FindAsync(id, cancellationToken) is null)
        {
            return Problems.NotFound.Result();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, id, cancellationToken);
        var before = await FindAsync(work, id, cancellationToken);
        await work.ExecuteAsync(
            """
            insert into plan_grants (workspace_id, plan, reason, ends_at, granted_by, granted_at) values (@id, @Key, @reason, @EndsAt, @UserId, @now)
            on conflict (workspace_id) do update set plan = excluded.plan, reason = excluded.reason, ends_at = excluded.ends_at,
                granted_by = excluded.granted_by, granted_at = excluded.granted_at
            """,
            new { id, plan!.Key, reason, body.EndsAt, UserId = user.Id, now }, cancellationToken);
        work.Publish(audit.Entry(
            "subscription.granted", "workspace", id, before is null ? null : new { before.Plan, before.Reason, before.EndsAt },
            new { plan = plan.Key, reason, body.EndsAt }, workspace: id));
        if (await current.ApplyAsync(work, id, "operator", cancellationToken))
        {
            work.Publish(new BillingNoticeRaised(
                Guid.CreateVersion7(now), id, BillingNoticeKinds.PlanGranted,
                new BillingFacts { Plan = plan.Name, Day = body.EndsAt is { } end ? DateOnly.FromDateTime(end.UtcDateTime) : null }, now));
        }

        var answer = await ReadAsync(work, id, plans, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(answer);
    }

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> DeleteAsync(
        Guid id, Database database, PlanCatalog plans, CurrentPlans current, AuditTrail audit, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await CurrentPlans.LockAsync(work, id, cancellationToken);
        if (await FindAsync(work, id, cancellationToken) is not { } before)
        {
            return Problems.NotFound.Result();
        }

        await work.ExecuteAsync("delete from plan_grants where workspace_id = @id", new { id }, cancellationToken);
        work.Publish(audit.Entry("subscription.grantEnded", "workspace", id, new { before.Plan, before.Reason, before.EndsAt }, workspace: id));
        await current.ApplyAsync(work, id, "operator", cancellationToken);
        var answer = await ReadAsync(work, id, plans, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(answer);
    }

    private static Task<GrantResponse?> FindAsync(UnitOfWork work, Guid workspaceId, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<GrantResponse>(
            "select plan, reason, ends_at, granted_by, granted_at from plan_grants where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);

    private static async Task<Response> ReadAsync(UnitOfWork work, Guid workspaceId, PlanCatalog plans, CancellationToken cancellationToken)
    {
        var (plan, source) = await work.QuerySingleOrDefaultAsync<(string?, string?)>(
            "select plan, source from current_plans where workspace_id = @workspaceId", new { workspaceId }, cancellationToken);
        return new Response(
            workspaceId, plan ?? plans.Default.Plan, source ?? PlanSources.Default, await FindAsync(work, workspaceId, cancellationToken),
            [.. plans.All.Select(each => new ChoiceResponse(each.Key, each.Name))]);
    }
}
