using System.Text.Json.Serialization;
using Dapper;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auditing;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Profile;

public static class ChangeProfile
{
    /// <summary>A field that isn't there stays as it is; a null name removes the name.</summary>
    public sealed record Request
    {
        public string? Name
        {
            get;
            init
            {
                field = value;
                HasName = true;
            }
        }

        public string? Locale
        {
            get;
            init
            {
                field = value;
                HasLocale = true;
            }
        }

        [JsonIgnore]
        public bool HasName { get; private init; }

        [JsonIgnore]
        public bool HasLocale { get; private init; }
    }

    public static async Task<Results<Ok<ProfileResponse>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, Database database, AuditTrail audit, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        string? name = null;
        if (!string.IsNullOrWhiteSpace(body.Name) && !UnicodeText.TryParseLine(body.Name, User.MaxNameLength, out name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        if (body.HasLocale && !Locale.All.Contains(body.Locale))
        {
            errors.Add("locale", Locale.Error);
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        // Locked, so that If-Match is compared with what is then changed.
        await work.Connection.ExecuteAsync(new CommandDefinition(
            "select from users where id = @Id for update", new { user.Id }, work.Transaction, cancellationToken: cancellationToken));
        if (await ProfileResponse.FindAsync(work.Connection, work.Transaction, user, cancellationToken) is not { } before)
        {
            return Problems.Unauthorized.Result();
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        var after = before with { Name = body.HasName ? name : before.Name, Locale = body.HasLocale ? body.Locale! : before.Locale };
        if (after != before)
        {
            after = after with { UpdatedAt = Microseconds(time.GetUtcNow()), Version = before.Version + 1 };
            await work.Connection.ExecuteAsync(new CommandDefinition(
                "update users set name = @Name, locale = @Locale, updated_at = @UpdatedAt, version = @Version where id = @Id",
                after, work.Transaction, cancellationToken: cancellationToken));
            var entry = audit.Entry(
                "profile.changed", "user", user.Id, new { before.Name, before.Locale }, new { after.Name, after.Locale });
            // A person's own: whichever workspace they happen to look at has nothing to do with it.
            work.Publish(entry with { WorkspaceId = null });
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(after);
    }

    /// <summary>As precise as PostgreSQL, so that the answer says what the next one will say.</summary>
    private static DateTimeOffset Microseconds(DateTimeOffset value) => value.AddTicks(-(value.Ticks % TimeSpan.TicksPerMicrosecond));
}
