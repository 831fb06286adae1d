using System.ComponentModel;
using System.Security.Claims;
using System.Text.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration.Announcements;

/// <summary>GET /api/v1/announcements, POST …/{id}/dismiss, and the operators' /api/v1/admin/announcements.</summary>
public static class AnnouncementEndpoints
{
    private const int MaxShown = 20;

    private const string Columns = "id, texts::text as texts, level, starts_at, ends_at, dismissible, created_at, updated_at, version";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <param name="Language">The language of the text: the requested one, or en.</param>
    public sealed record Shown(Guid Id, string Text, string Language, string Level, DateTimeOffset StartsAt, DateTimeOffset? EndsAt, bool Dismissible);

    /// <param name="Total">Including those that the caller has dismissed.</param>
    public sealed record ShownList(IReadOnlyList<Shown> Items, int Total);

    public sealed record Response(
        Guid Id, IReadOnlyDictionary<string, string> Texts, string Level, DateTimeOffset StartsAt, DateTimeOffset? EndsAt, bool Dismissible,
        DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);

    /// <summary>Lists current announcements that the caller hasn't dismissed, the most serious first.</summary>
    public static async Task<Results<Ok<ShownList>, ProblemHttpResult>> ShowAsync(
        [Description("en, ar, es, fr or de. Default: the caller's language.")] string? locale,
        ClaimsPrincipal caller, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        if (locale is not null && !Locale.All.Contains(locale))
        {
            return ValidationErrors.Of("locale", Locale.Error);
        }

        Guid? user = Guid.TryParse(caller.FindFirstValue(Tokens.Claims.Subject), out var id) ? id : null;
        var language = locale ?? caller.FindFirstValue(Tokens.Claims.Locale) ?? Locale.Default;
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(
            $"""
            select {Columns}, dismissible and exists (
                select from announcement_dismissals d where d.announcement_id = a.id and d.user_id = @user) as dismissed
            from announcements a
            where starts_at <= @Now and (ends_at is null or ends_at > @Now)
            order by array_position(array['critical', 'warning', 'info'], level), starts_at desc, id desc limit @MaxShown
            """,
            new { user, Now = time.GetUtcNow(), MaxShown }, cancellationToken);
        return TypedResults.Ok(new ShownList([.. rows.Where(row => !row.Dismissed).Select(row => row.Show(language))], rows.Count));
    }

    /// <summary>Dismisses an announcement for this user.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> DismissAsync(
        Guid id, CurrentUser user, Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var dismissible = await connection.QuerySingleOrDefaultAsync<bool?>(
            "select dismissible from announcements where id = @id", new { id }, cancellationToken);
        if (dismissible is null)
        {
            return Problems.NotFound.Result();
        }

        if (dismissible is false)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("administration.notDismissible"));
        }

        await connection.ExecuteAsync(
            """
            insert into announcement_dismissals (announcement_id, user_id, dismissed_at)
            select a.id, u.id, @Now from announcements a, users u where a.id = @id and u.id = @UserId
            on conflict do nothing
            """,
            new { id, UserId = user.Id, Now = time.GetUtcNow() }, cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>Lists all announcements, newest first, including ended ones.</summary>
    public static async Task<Results<Ok<Page<Response>>, ProblemHttpResult>> ListAsync(
        [Description("1 to 200, default 50.")] int? limit, [Description("nextCursor of the previous page.")] string? cursor,
        Database database, CancellationToken cancellationToken)
    {
        if (Paging.Refuse<IdCursor>(limit, cursor, out var size, out var after) is { } refusal)
        {
            return refusal;
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<Row>(
            $"select {Columns} from announcements where @After::uuid is null or id < @After order by id desc limit @Rows",
            new { After = after?.Id, Rows = size + 1 }, cancellationToken);
        return TypedResults.Ok(Paging.Page(rows, size, row => row.ToResponse(), row => new IdCursor(row.Id)));
    }

    public static async Task<Results<Created<Response>, ProblemHttpResult>> CreateAsync(
        AnnouncementInput body, Database database, OperatorLog log, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        body.Check(errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        var now = time.GetUtcNow();
        await using var work = await database.BeginAsync(cancellationToken);
        var row = await work.QuerySingleAsync<Row>(
            $"""
            insert into announcements (id, texts, level, starts_at, ends_at, dismissible, created_at, updated_at, version)
            values (@Id, @Texts::jsonb, @Level, @StartsAt, @EndsAt, @Dismissible, @now, @now, 1)
            returning {Columns}
            """,
            Parameters(Guid.CreateVersion7(now), body, now), cancellationToken);
        log.Record(work, "announcement.created", "announcement", row.Id, after: row.ToResponse());
        await work.CommitAsync(cancellationToken);
        return TypedResults.Created($"/api/v1/admin/announcements/{row.Id}", row.ToResponse());
    }

    /// <summary>Replaces the announcement. Users who had dismissed it see it again, as its text may differ.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> ChangeAsync(
        Guid id, AnnouncementInput body, Database database, OperatorLog log, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        body.Check(errors);
        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var before = await work.QuerySingleOrDefaultAsync<Row>(
            $"select {Columns} from announcements where id = @id for update", new { id }, cancellationToken);
        if (before is null)
        {
            return Problems.NotFound.Result();
        }

        var row = await work.QuerySingleAsync<Row>(
            $"""
            delete from announcement_dismissals where announcement_id = @Id;
            update announcements set texts = @Texts::jsonb, level = @Level, starts_at = @StartsAt, ends_at = @EndsAt, dismissible = @Dismissible,
                updated_at = @now, version = version + 1
            where id = @Id
            returning {Columns}
            """,
            Parameters(id, body, time.GetUtcNow(), before.StartsAt), cancellationToken);
        log.Record(work, "announcement.changed", "announcement", id, before: before.ToResponse(), after: row.ToResponse());
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(row.ToResponse());
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        Guid id, Database database, OperatorLog log, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var before = await work.QuerySingleOrDefaultAsync<Row>(
            $"delete from announcements where id = @id returning {Columns}", new { id }, cancellationToken);
        if (before is null)
        {
            return Problems.NotFound.Result();
        }

        log.Record(work, "announcement.deleted", "announcement", id, before: before.ToResponse());
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static object Parameters(Guid id, AnnouncementInput body, DateTimeOffset now, DateTimeOffset? startsAt = null) => new
    {
        Id = id, Texts = JsonSerializer.Serialize(body.Texts, Json), body.Level, StartsAt = (body.StartsAt ?? startsAt ?? now).ToUniversalTime(),
        EndsAt = body.EndsAt?.ToUniversalTime(), Dismissible = body.Dismissible ?? true, now,
    };

    private sealed record Row
    {
        public Guid Id { get; init; }

        /// <summary>JSON.</summary>
        public required string Texts { get; init; }

        public required string Level { get; init; }

        public DateTimeOffset StartsAt { get; init; }

        public DateTimeOffset? EndsAt { get; init; }

        public bool Dismissible { get; init; }

        public DateTimeOffset CreatedAt { get; init; }

        public DateTimeOffset UpdatedAt { get; init; }

        public long Version { get; init; }

        public bool Dismissed { get; init; }

        public Response ToResponse() => new(Id, All(), Level, StartsAt, EndsAt, Dismissible, CreatedAt, UpdatedAt, Version);

        public Shown Show(string language)
        {
            var texts = All();
            var found = texts.ContainsKey(language) ? language : Locale.Default;
            return new Shown(Id, texts[found], found, Level, StartsAt, EndsAt, Dismissible);
        }

        private Dictionary<string, string> All() => JsonSerializer.Deserialize<Dictionary<string, string>>(Texts, Json)!;
    }
}
