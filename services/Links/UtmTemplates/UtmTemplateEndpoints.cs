using LinkShort.Contracts;
using LinkShort.Links.Safety;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Npgsql;

namespace LinkShort.Links.UtmTemplates;

/// <summary>/api/v1/utm-templates</summary>
public static class UtmTemplateEndpoints
{
    private const int MaxBody = 64 * 1024;

    public sealed record NewTemplate(string? Name, LinkUtm? Utm);

    /// <summary>See <see cref="MergePatch"/>; <c>utm</c> is replaced as a whole.</summary>
    public sealed record TemplateChange : MergePatch
    {
        public string? Name { get; init => field = Given(value); }

        public LinkUtm? Utm { get; init => field = Given(value); }
    }

    public static void MapUtmTemplates(this IEndpointRouteBuilder routes)
    {
        var templates = routes.MapGroup("/api/v1/utm-templates").WithTags("UTM templates")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        var read = templates.MapGroup("").RequireAuthorization(Permissions.LinksRead);
        read.MapGet("/", ListAsync).WithName("ListUtmTemplates").WithSummary("Lists the workspace's UTM templates by name. There are at most 100.");
        read.MapGet("/{id}", ReadAsync).WithName("GetUtmTemplate").WithSummary("Returns a UTM template.")
            .Produces(StatusCodes.Status304NotModified).ProducesProblem(StatusCodes.Status404NotFound);
        var write = templates.MapGroup("").RequireAuthorization(Permissions.LinksWrite).WithMetadata(new RequestSizeLimitAttribute(MaxBody))
            .AddEndpointFilter<RefuseSuspended>();
        write.MapPost("/", CreateAsync).WithName("CreateUtmTemplate").WithIdempotency()
            .WithSummary("Saves campaign parameters under a name, for the whole workspace.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        write.MapPatch("/{id}", ChangeAsync).WithName("ChangeUtmTemplate")
            .WithSummary("Changes the given fields of a UTM template. Links keep their parameters. Honours If-Match.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        write.MapDelete("/{id}", DeleteAsync).WithName("DeleteUtmTemplate")
            .WithSummary("Deletes a UTM template. Links keep their parameters. Honours If-Match.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status412PreconditionFailed);
    }

    public static async Task<Ok<Page<UtmTemplateResponse>>> ListAsync(CurrentWorkspace workspace, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<UtmTemplate>(
            $"""select {UtmTemplate.Columns} from utm_templates where workspace_id = @Id order by name collate "und-x-icu", id""",
            new { workspace.Id }, cancellationToken);
        return TypedResults.Ok(new Page<UtmTemplateResponse>([.. rows.Select(row => row.ToResponse())], null));
    }

    public static async Task<Results<Ok<UtmTemplateResponse>, StatusCodeHttpResult, ProblemHttpResult>> ReadAsync(
        Guid id, CurrentWorkspace workspace, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        if (await UtmTemplate.FindAsync(connection, workspace.Id, id, cancellationToken) is not { } template)
        {
            return Problems.NotFound.Result();
        }

        ETags.Write(context.Response, template.Version);
        return ETags.IfNoneMatch(context.Request, template.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(template.ToResponse());
    }

    public static async Task<Results<Created<UtmTemplateResponse>, ProblemHttpResult>> CreateAsync(
        NewTemplate body, CurrentUser user, Database database, AuditTrail audit, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var name = UtmTemplate.Named(body.Name, errors);
        var utm = UtmTemplate.Parameters(body.Utm, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var operation = IdempotentOperation.Of(context);
        var now = time.GetUtcNow();
        var at = now.ToMicroseconds();
        var template = new UtmTemplate(operation?.Id ?? Guid.CreateVersion7(now), name, utm.Source, utm.Medium, utm.Campaign, utm.Term, utm.Content, 1, at, at);
        await using var work = await database.BeginAsync(cancellationToken);
        // Creations in one workspace wait for each other, so that their number is exact.
        await work.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(@Key, 0))", new { Key = $"utm_templates {user.WorkspaceId}" }, cancellationToken);
        if (operation is { Resumed: true } && await UtmTemplate.LockAsync(work, user.WorkspaceId, operation.Id, cancellationToken) is { } earlier)
        {
            return Answer(context, earlier);
        }

        if (await work.ExecuteScalarAsync<long>("select count(*) from utm_templates where workspace_id = @WorkspaceId", new { user.WorkspaceId }, cancellationToken) >= UtmTemplate.MaxCount)
        {
            return ValidationErrors.Of("name", LinksTexts.Of("utmTemplates.max", ("max", UtmTemplate.MaxCount)));
        }

        var inserted = await work.ExecuteAsync(
            """
            insert into utm_templates (id, workspace_id, name, source, medium, campaign, term, content, version, created_by, created_at, updated_at)
            values (@Id, @WorkspaceId, @Name, @Source, @Medium, @Campaign, @Term, @Content, @Version, @CreatedBy, @CreatedAt, @UpdatedAt)
            on conflict do nothing
            """,
            new
            {
                template.Id, user.WorkspaceId, template.Name, template.Source, template.Medium, template.Campaign, template.Term, template.Content, template.Version,
                CreatedBy = user.Id, template.CreatedAt, template.UpdatedAt,
            },
            cancellationToken);
        if (inserted == 0)
        {
            return ValidationErrors.Of("name", LinksTexts.Of("utmTemplates.nameTaken"));
        }

        work.Publish(audit.Entry("utmTemplate.created", "utmTemplate", template.Id, after: template.ToResponse()));
        await work.CommitAsync(cancellationToken);
        return Answer(context, template);
    }

    public static async Task<Results<Ok<UtmTemplateResponse>, ProblemHttpResult>> ChangeAsync(
        Guid id, TemplateChange body, CurrentWorkspace workspace, Database database, AuditTrail audit, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await UtmTemplate.LockAsync(work, workspace.Id, id, cancellationToken) is not { } before)
        {
            return Problems.NotFound.Result();
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        var errors = new ValidationErrors();
        var after = Merge(before, body, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (after != before)
        {
            after = after with { Version = before.Version + 1, UpdatedAt = time.GetUtcNow().ToMicroseconds() };
            try
            {
                await work.ExecuteAsync(
                    """
                    update utm_templates set name = @Name, source = @Source, medium = @Medium, campaign = @Campaign, term = @Term, content = @Content,
                        version = @Version, updated_at = @UpdatedAt
                    where workspace_id = @WorkspaceId and id = @Id
                    """,
                    new { WorkspaceId = workspace.Id, after.Id, after.Name, after.Source, after.Medium, after.Campaign, after.Term, after.Content, after.Version, after.UpdatedAt },
                    cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                return ValidationErrors.Of("name", LinksTexts.Of("utmTemplates.nameTaken"));
            }

            work.Publish(audit.Change("utmTemplate.changed", "utmTemplate", id, before.ToResponse(), after.ToResponse()));
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(after.ToResponse());
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        Guid id, CurrentWorkspace workspace, Database database, AuditTrail audit, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await UtmTemplate.LockAsync(work, workspace.Id, id, cancellationToken) is not { } template)
        {
            return Problems.NotFound.Result();
        }

        if (!ETags.IfMatch(context.Request, template.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        await work.ExecuteAsync("delete from utm_templates where workspace_id = @WorkspaceId and id = @id", new { WorkspaceId = workspace.Id, id }, cancellationToken);
        work.Publish(audit.Entry("utmTemplate.deleted", "utmTemplate", id, before: template.ToResponse()));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static UtmTemplate Merge(UtmTemplate before, TemplateChange body, ValidationErrors errors)
    {
        var utm = body.Has(nameof(body.Utm))
            ? UtmTemplate.Parameters(body.Utm, errors)
            : new LinkUtm(before.Source, before.Medium, before.Campaign, before.Term, before.Content);
        return before with
        {
            Name = body.Has(nameof(body.Name)) ? UtmTemplate.Named(body.Name, errors) : before.Name,
            Source = utm.Source,
            Medium = utm.Medium,
            Campaign = utm.Campaign,
            Term = utm.Term,
            Content = utm.Content,
        };
    }

    private static Created<UtmTemplateResponse> Answer(HttpContext context, UtmTemplate template)
    {
        ETags.Write(context.Response, template.Version);
        return TypedResults.Created($"/api/v1/utm-templates/{template.Id}", template.ToResponse());
    }
}
