using Dapper;
using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.Links.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Links;

/// <summary>POST /api/v1/links</summary>
public static class CreateLink
{
    /// <summary>With 56^7 codes, even a billion links collide once in 1,700 draws: more in a row is a broken generator.</summary>
    private const int MaxDraws = 10;

    /// <summary>See <see cref="OpenApi.LinkDescriptions"/> for what each field means and its limits.</summary>
    public sealed record Request(
        string? Url,
        string? Code = null,
        string? Domain = null,
        string? Title = null,
        IReadOnlyList<string?>? Tags = null,
        string? Notes = null,
        int? RedirectType = null,
        DateTimeOffset? ActiveFrom = null,
        DateTimeOffset? ExpiresAt = null) : BehaviorFields;

    /// <summary>Shortens a URL. A taken code is a conflict, never an overwrite.</summary>
    public static async Task<Results<Created<LinkResponse>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, Database database, CodeGenerator codes, CodeKeys keys, DestinationPolicy destinations,
        BehaviorInput behavior, ShortUrls urls, AuditTrail audit, Telemetry telemetry, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var operation = IdempotentOperation.Of(context);
        var (draft, slug) = Validate(body, user, operation?.Id, destinations, behavior, urls, time.GetUtcNow(), errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        // An attempt under the same Idempotency-Key may have committed without anybody learning of it.
        if (operation is { Resumed: true }
            && await LinkStore.LockAsync(work, user.WorkspaceId, operation.Id, cancellationToken) is { } earlier)
        {
            return Answer(earlier, urls, context);
        }

        var link = slug is null
            ? await InsertWithNewCodeAsync(work, draft, user, codes, keys, telemetry, cancellationToken)
            : await InsertAsync(work, draft with { Code = slug.Value }, user, keys, cancellationToken);
        if (link is null)
        {
            telemetry.CodeTaken();
            return Problems.CodeTaken.Result();
        }

        work.Publish(new LinkChanged(link.ToSnapshot()));
        work.Publish(audit.Entry("link.created", "link", link.Id, after: LinkResponse.Of(link, urls)));
        await work.CommitAsync(cancellationToken);
        telemetry.Created(customCode: slug is not null);
        return Answer(link, urls, context);
    }

    private static Created<LinkResponse> Answer(Link link, ShortUrls urls, HttpContext context)
    {
        ETags.Write(context.Response, link.Version);
        return TypedResults.Created($"/api/v1/links/{link.Id}", LinkResponse.Of(link, urls));
    }

    private static (Link Draft, Slug? Code) Validate(
        Request body, CurrentUser user, Guid? id, DestinationPolicy destinations, BehaviorInput behavior, ShortUrls urls, DateTimeOffset now,
        ValidationErrors errors)
    {
        Slug? slug = null;
        if (body.Code is not null && !Slug.TryParse(body.Code, out slug, out var codeError))
        {
            errors.Add("code", codeError);
        }

        var activeFrom = LinkInput.Time("activeFrom", body.ActiveFrom, errors);
        var expiresAt = LinkInput.Time("expiresAt", body.ExpiresAt, errors);
        LinkInput.Window(activeFrom, expiresAt, errors);
        if (expiresAt <= now)
        {
            errors.Add("expiresAt", "Must be in the future.");
        }

        var at = LinkInput.Microseconds(now);
        var draft = new Link
        {
            Id = id ?? Guid.CreateVersion7(now),
            WorkspaceId = user.WorkspaceId,
            Domain = urls.Domain(body.Domain, errors),
            Code = "",
            Url = LinkInput.Destination("url", body.Url, destinations, errors),
            Title = LinkInput.Title(body.Title, errors),
            Notes = LinkInput.Notes(body.Notes, errors),
            Tags = LinkInput.Tags(body.Tags, errors),
            RedirectType = LinkInput.RedirectType(body.RedirectType, errors),
            ActiveFrom = activeFrom,
            ExpiresAt = expiresAt,
            Behavior = behavior.Merge(null, body, errors),
            CreatedAt = at,
            UpdatedAt = at,
        };
        return (draft, slug);
    }

    private static async Task<Link?> InsertWithNewCodeAsync(
        UnitOfWork work, Link draft, CurrentUser user, CodeGenerator codes, CodeKeys keys, Telemetry telemetry, CancellationToken cancellationToken)
    {
        for (var draws = 0; draws < MaxDraws; draws++)
        {
            if (await InsertAsync(work, draft with { Code = codes.Next().Value }, user, keys, cancellationToken) is { } link)
            {
                return link;
            }

            telemetry.Collided();
        }

        throw new InvalidOperationException($"{MaxDraws} generated codes in a row were taken: the generator repeats itself.");
    }

    /// <returns>Null when another link has the code; a transaction that is about to take it is waited for.</returns>
    private static async Task<Link?> InsertAsync(
        UnitOfWork work, Link link, CurrentUser user, CodeKeys keys, CancellationToken cancellationToken)
    {
        var inserted = await work.ExecuteAsync(
            """
            with taken as (
                insert into link_codes (domain, code_key, link_id, workspace_id) values (@Domain, @CodeKey, @Id, @WorkspaceId)
                on conflict (domain, code_key) do nothing
                returning link_id
            )
            insert into links (id, workspace_id, domain, code, url, title, notes, tags, redirect_type, active_from, expires_at, behavior,
                archived, clicks, version, created_by, created_at, updated_at)
            select @Id, @WorkspaceId, @Domain, @Code, @Url, @Title, @Notes, @Tags, @RedirectType, @ActiveFrom, @ExpiresAt, @Behavior,
                @Archived, 0, @Version, @CreatedBy, @CreatedAt, @UpdatedAt
            from taken
            """,
            new
            {
                link.Id, link.WorkspaceId, link.Domain, link.Code, CodeKey = keys.Of(link.Domain, link.Code), link.Url, link.Title, link.Notes, link.Tags, link.RedirectType,
                link.ActiveFrom, link.ExpiresAt, link.Behavior, link.Archived, link.Version, CreatedBy = user.Id, link.CreatedAt, link.UpdatedAt,
            },
            cancellationToken);
        return inserted == 1 ? link : null;
    }
}
