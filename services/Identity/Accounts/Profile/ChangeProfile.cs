using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.Profile;

public static class ChangeProfile
{
    /// <summary>Omitted fields don't change; a null name, time zone or theme is removed.</summary>
    public sealed record Request : MergePatch
    {
        public string? Name { get; init => field = Given(value); }

        public string? Locale { get; init => field = Given(value); }

        /// <summary>An IANA name such as Europe/Berlin.</summary>
        public string? TimeZone { get; init => field = Given(value); }

        /// <summary>light or dark.</summary>
        public string? Theme { get; init => field = Given(value); }

        /// <summary>The tour of a new account: open, dismissed or completed.</summary>
        public string? Onboarding { get; init => field = Given(value); }
    }

    public static async Task<Results<Ok<ProfileResponse>, ProblemHttpResult>> HandleAsync(
        Request body, CurrentUser user, Database database, AuditTrail audit, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var name = Check(body, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        if (body.Has(nameof(body.Name)) && !OwnCredentials.AreProved(context.User))
        {
            // Other workspaces show it; the rest is how the app looks to its user.
            return OwnCredentials.Required();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        // Locked, so that If-Match is compared with the version that is changed.
        await work.ExecuteAsync("select from users where id = @Id for update", new { user.Id }, cancellationToken);
        if (await ProfileResponse.FindAsync(work.Connection, user, cancellationToken) is not { } before)
        {
            return Problems.Unauthorized.Result();
        }

        if (!ETags.IfMatch(context.Request, before.Version))
        {
            return Problems.PreconditionFailed.Result();
        }

        var after = before with
        {
            Name = body.Has(nameof(body.Name)) ? name : before.Name,
            Locale = body.Has(nameof(body.Locale)) ? body.Locale! : before.Locale,
            TimeZone = body.Has(nameof(body.TimeZone)) ? body.TimeZone : before.TimeZone,
            Theme = body.Has(nameof(body.Theme)) ? body.Theme : before.Theme,
            Onboarding = body.Has(nameof(body.Onboarding)) ? body.Onboarding! : before.Onboarding,
        };
        if (after != before)
        {
            after = await WriteAsync(work, before, after, audit, time, cancellationToken);
            await work.CommitAsync(cancellationToken);
        }

        ETags.Write(context.Response, after.Version);
        return TypedResults.Ok(after with { LimitedToWorkspace = !OwnCredentials.AreProved(context.User) });
    }

    /// <returns>The name, composed and trimmed; null for none.</returns>
    private static string? Check(Request body, ValidationErrors errors)
    {
        string? name = null;
        if (!string.IsNullOrWhiteSpace(body.Name) && !UnicodeText.TryParseLine(body.Name, User.MaxNameLength, out name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        if (body.Has(nameof(body.Locale)) && !Locale.All.Contains(body.Locale))
        {
            errors.Add("locale", Locale.Error);
        }

        Preferences.CheckTimeZone(body.TimeZone, errors);
        Preferences.CheckTheme(body.Theme, errors);
        if (body.Has(nameof(body.Onboarding)))
        {
            Preferences.CheckOnboarding(body.Onboarding, errors);
        }

        return name;
    }

    private static async Task<ProfileResponse> WriteAsync(
        UnitOfWork work, ProfileResponse before, ProfileResponse after, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        after = after with { UpdatedAt = time.GetUtcNow().ToMicroseconds(), Version = before.Version + 1 };
        await work.ExecuteAsync(
            """
            update users set
                name = @Name, locale = @Locale, time_zone = @TimeZone, theme = @Theme, onboarding = @Onboarding,
                updated_at = @UpdatedAt, version = @Version
            where id = @Id
            """,
            after, cancellationToken);
        var entry = audit.Entry(
            "profile.changed", "user", after.Id,
            new { before.Name, before.Locale, before.TimeZone, before.Theme, before.Onboarding },
            new { after.Name, after.Locale, after.TimeZone, after.Theme, after.Onboarding });
        // Belongs to the account, not to the workspace of the current token.
        work.Publish(entry with { WorkspaceId = null });
        return after;
    }
}
