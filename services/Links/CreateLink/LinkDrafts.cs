using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links;

/// <summary>Validates the body of a creation.</summary>
public sealed class LinkDrafts(DestinationPolicy destinations, BehaviorInput behavior, ShortUrls urls, TimeProvider time)
{
    /// <param name="id">Of the idempotent operation; null generates one.</param>
    /// <returns>The link without its code, and the code if the body has one. Only valid if no errors were added.</returns>
    public (Link Draft, Slug? Code) Validate(CreateLink.Request body, CurrentUser user, Guid? id, ValidationErrors errors)
    {
        var now = time.GetUtcNow();
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
            errors.Add("expiresAt", FieldRules.Future);
        }

        var at = now.ToMicroseconds();
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
            CreatedBy = user.Id,
            CreatedAt = at,
            UpdatedAt = at,
        };
        return (draft, slug);
    }
}
