using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Workspaces;

public static class ChangeWorkspace
{
    /// <summary>Omitted fields don't change.</summary>
    public sealed record Request : MergePatch
    {
        /// <summary>At most 100 characters.</summary>
        public string? Name { get; init => field = Given(value); }

        /// <summary>Owners only. Members without a second factor have no access until they add one.</summary>
        public bool? RequireTwoFactor { get; init => field = Given(value); }
    }

    public static async Task<Results<Ok<WorkspaceResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, [AsParameters] WorkspaceServices services, Revocations revocations, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        string? name = null;
        if (body.Has(nameof(body.Name)) && !UnicodeText.TryParseLine(body.Name ?? "", CreateWorkspace.MaxNameLength, out name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        if (body.Has(nameof(body.RequireTwoFactor)) && body.RequireTwoFactor is null)
        {
            errors.Add("requireTwoFactor", FieldRules.Either("true", "false"));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await services.Database.BeginAsync(cancellationToken);
        var least = body.Has(nameof(body.RequireTwoFactor)) ? Role.Owner : (Role?)null;
        if ((await services.Access.LockAsync(work, id, cancellationToken, least)).IsRefused(out var refusal, out var before))
        {
            return refusal;
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        if (body.RequireTwoFactor == true && !services.Access.HasTwoFactors)
        {
            return Problems.TwoFactorEnrollmentRequired.Result(IdentityTexts.Of("workspaces.enrollFirst"));
        }

        var after = before with { Name = name ?? before.Name, RequireTwoFactor = body.RequireTwoFactor ?? before.RequireTwoFactor };
        if (after != before)
        {
            after = await WriteAsync(work, before, after, services.Audit, revocations, services.Time.GetUtcNow(), cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(after.ToResponse());
    }

    private static async Task<EnteredWorkspace> WriteAsync(
        UnitOfWork work, EnteredWorkspace before, EnteredWorkspace after, AuditTrail audit, Revocations revocations, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        await work.ExecuteAsync(
            "update workspaces set name = @Name, require_two_factor = @RequireTwoFactor, updated_at = @now, version = version + 1 where id = @Id",
            new { after.Id, after.Name, after.RequireTwoFactor, now }, cancellationToken);
        var written = await WorkspaceAccess.ReadAsync(work.Connection, after.Id, after.UserId, cancellationToken)
            ?? throw new InvalidOperationException("A locked workspace is missing.");
        if (after.Name != before.Name)
        {
            work.Publish(new WorkspaceRenamed(after.Id, after.Name, written.Version, now));
            work.Publish(audit.Entry("workspace.renamed", "workspace", after.Id, new { before.Name }, new { after.Name }, after.Id));
        }

        if (after.RequireTwoFactor != before.RequireTwoFactor)
        {
            work.Publish(audit.Entry(
                "workspace.twoFactorRequirementChanged", "workspace", after.Id, new { before.RequireTwoFactor }, new { after.RequireTwoFactor }, after.Id));
            if (after.RequireTwoFactor)
            {
                // The next tokens require a second factor.
                await revocations.RevokeAsync(work, RevocationKinds.Workspace, after.Id.ToString(), cancellationToken);
            }
        }

        return written;
    }
}
