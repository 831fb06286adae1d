using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.Privacy.Consents;

/// <summary>GET and PUT /api/v1/me/consents</summary>
public static class ConsentEndpoints
{
    /// <param name="Required">An account can't exist without it.</param>
    /// <param name="Language">The language of the text: en, ar, es, fr or de.</param>
    public sealed record Offer(string Purpose, string Version, bool Required, string Text, string Language);

    public sealed record Offers(IReadOnlyList<Offer> Consents);

    /// <param name="Text">In the user's language, or in English.</param>
    /// <param name="Language">The language of the text: en, ar, es, fr or de.</param>
    /// <param name="Granted">The user's last decision on this purpose, on any version; false without a decision.</param>
    /// <param name="Version">The version that the decision was about.</param>
    /// <param name="UpToDate">False when the text has changed since, and should be shown again.</param>
    public sealed record Consent(
        string Purpose, bool Required, string CurrentVersion, string Text, string Language, bool Granted, string? Version, DateTimeOffset? DecidedAt, bool UpToDate);

    /// <param name="Network">The network of the request, never a whole IP address.</param>
    public sealed record Decision(string Purpose, string Version, bool Granted, DateTimeOffset DecidedAt, string? Network, string? Device);

    /// <param name="History">Every decision, newest first.</param>
    public sealed record Response(IReadOnlyList<Consent> Consents, IReadOnlyList<Decision> History);

    public sealed record Request
    {
        public required IReadOnlyList<Choice> Consents { get; init; }
    }

    /// <param name="Version">The version that was shown, which must be the current one.</param>
    public sealed record Choice(string Purpose, string Version, bool Granted);

    /// <summary>The consents that a sign-up requests.</summary>
    /// <param name="locale">The language of the form; English if there is no text in it.</param>
    public static Ok<Offers> Current(string? locale) => TypedResults.Ok(new Offers(
    [
        .. ConsentTexts.Purposes.Select(purpose =>
        {
            var text = ConsentTexts.Current(purpose)!;
            var (words, language) = text.In(locale ?? Locale.Default);
            return new Offer(purpose, text.Version, text.Required, words, language);
        }),
    ]));

    public static async Task<Ok<Response>> ReadAsync(CurrentUser user, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var locale = await LocaleAsync(connection, user.Id, cancellationToken);
        return TypedResults.Ok(Of(await HistoryAsync(connection, user.Id, cancellationToken), locale));
    }

    /// <summary>Omitted purposes don't change. Repeating a decision on the same text records nothing.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> ChangeAsync(
        Request body, CurrentUser user, Database database, AuditTrail audit, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Consents.Count == 0)
        {
            errors.Add("consents", IdentityTexts.Of("privacy.noConsents"));
        }

        Check(body.Consents, errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        // Serialised per user, so that two tabs don't both record the same decision.
        await work.ExecuteAsync(
            "select from users where id = @Id for update", new { user.Id }, cancellationToken);
        var locale = await LocaleAsync(work.Connection, user.Id, cancellationToken);
        var before = Of(await HistoryAsync(work.Connection, user.Id, cancellationToken), locale);
        var now = time.GetUtcNow();
        var changed = body.Consents.Where(choice => before.Consents.First(consent => consent.Purpose == choice.Purpose) is var known
            && (known.Granted != choice.Granted || known.Version != choice.Version)).ToList();
        foreach (var choice in changed)
        {
            await RecordAsync(work, user.Id, choice, now, context, cancellationToken);
            work.Publish(audit.Entry("consent.decided", "user", user.Id, after: choice) with { WorkspaceId = null });
        }

        var after = Of(await HistoryAsync(work.Connection, user.Id, cancellationToken), locale);
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(after);
    }

    /// <summary>Adds an error for each invalid choice.</summary>
    public static void Check(IReadOnlyList<Choice> choices, ValidationErrors errors)
    {
        for (var index = 0; index < choices.Count; index++)
        {
            Check(choices, index, errors);
        }
    }

    /// <summary>Records a decision in the caller's transaction.</summary>
    public static Task RecordAsync(UnitOfWork work, Guid userId, Choice choice, DateTimeOffset now, HttpContext context, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            """
            insert into consents (id, user_id, purpose, version, granted, decided_at, network, device)
            values (@NewId, @userId, @Purpose, @Version, @Granted, @now, @Network, @Device)
            """,
            new
            {
                NewId = Guid.CreateVersion7(now), userId, choice.Purpose, choice.Version, choice.Granted, now,
                Network = NetworkPrefix.Coarse(context.Connection.RemoteIpAddress),
                Device = DeviceName.Of(context.Request.Headers.UserAgent.ToString()),
            },
            cancellationToken);
    }

    private static void Check(IReadOnlyList<Choice> choices, int index, ValidationErrors errors)
    {
        var choice = choices[index];
        var field = $"consents[{index}]";
        if (choice is null)
        {
            errors.Add(field, IdentityTexts.Of("privacy.consentMembers"));
        }
        else if (ConsentTexts.Current(choice.Purpose) is not { } text)
        {
            errors.Add($"{field}.purpose", FieldRules.OneOf(ConsentTexts.Purposes));
        }
        else if (choices.Take(index).Any(other => other?.Purpose == choice.Purpose))
        {
            errors.Add($"{field}.purpose", IdentityTexts.Of("privacy.eachPurposeOnce"));
        }
        else if (choice.Version != text.Version)
        {
            errors.Add($"{field}.version", IdentityTexts.Of("privacy.consentVersion", ("version", text.Version)));
        }
        else if (text.Required && !choice.Granted)
        {
            errors.Add($"{field}.granted", IdentityTexts.Of("privacy.consentRequired"));
        }
    }

    private static Response Of(IReadOnlyList<Decision> history, string locale) => new(
        [.. ConsentTexts.Purposes.Select(purpose =>
        {
            var text = ConsentTexts.Current(purpose)!;
            var last = history.FirstOrDefault(decision => decision.Purpose == purpose);
            var (words, language) = text.In(locale);
            return new Consent(purpose, text.Required, text.Version, words, language, last?.Granted ?? false, last?.Version, last?.DecidedAt, last?.Version == text.Version);
        })],
        history);

    /// <summary>The current setting, which may be newer than the access token's.</summary>
    private static async Task<string> LocaleAsync(
        NpgsqlConnection connection, Guid userId, CancellationToken cancellationToken) =>
        await connection.ExecuteScalarAsync<string?>(
            "select locale from users where id = @userId", new { userId }, cancellationToken) ?? Locale.Default;

    private static async Task<IReadOnlyList<Decision>> HistoryAsync(
        NpgsqlConnection connection, Guid userId, CancellationToken cancellationToken) =>
        await connection.QueryAsync<Decision>(
            "select purpose, version, granted, decided_at, network, device from consents where user_id = @userId order by id desc",
            new { userId }, cancellationToken);
}
