using System.ComponentModel;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Messaging;
using LinkShort.Values;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration.Flags;

/// <summary>Stores which user was exposed to which variant on which day. Duplicates from several replicas count once.</summary>
public sealed class FeaturesExposedConsumer(Database database) : InboxConsumer<FeaturesExposed>(database)
{
    protected override Task HandleAsync(FeaturesExposed message, UnitOfWork work, CancellationToken cancellationToken)
    {
        // Sorted, so that concurrent batches never deadlock. The join drops users erased in the meantime.
        return work.ExecuteAsync(
            """
            insert into feature_exposures (flag, day, user_id, workspace_id, variant, first_at)
            select e.flag, (e.at at time zone 'UTC')::date, e.user_id, e.workspace_id, e.variant, min(e.at)
            from unnest(@Flags, @Users, @Workspaces, @Variants, @Times) as e (flag, user_id, workspace_id, variant, at)
            join users u on u.id = e.user_id
            group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
            on conflict do nothing
            """,
            new
            {
                Flags = message.Exposures.Select(exposure => exposure.Flag).ToArray(),
                Users = message.Exposures.Select(exposure => exposure.UserId).ToArray(),
                Workspaces = message.Exposures.Select(exposure => exposure.WorkspaceId).ToArray(),
                Variants = message.Exposures.Select(exposure => exposure.Variant).ToArray(),
                Times = message.Exposures.Select(exposure => exposure.At.ToUniversalTime()).ToArray(),
            },
            cancellationToken);
    }
}

/// <summary>GET /api/v1/admin/flags/{name}/exposures: compares the variants.</summary>
public static class CompareVariants
{
    public const int RetentionDays = 180;

    private const int DefaultDays = 30;

    private const int MaxAction = 100;

    /// <param name="Action">The audit log action that counts as a conversion.</param>
    public sealed record Response(string Flag, string Action, DateOnly From, DateOnly To, IReadOnlyList<Variant> Variants);

    /// <param name="Name">For a flag without variants, on and off.</param>
    /// <param name="People">Users exposed to it.</param>
    /// <param name="Exposures">Days of exposure, summed over users.</param>
    /// <param name="Converted">Users who converted after their first exposure.</param>
    /// <param name="Conversions">Their conversions in total.</param>
    /// <param name="Rate">Converted / people, 0 to 1.</param>
    public sealed record Variant(string Name, int People, int Exposures, int Converted, long Conversions, double Rate);

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        string name,
        [Description("The audit log action that counts as a conversion. Default: link.created.")] string? action,
        [Description("First day in UTC, such as 2026-11-01. Default: 30 days ago.")] DateOnly? from,
        [Description("Last day in UTC. Default: today.")] DateOnly? to,
        Database database, TimeProvider time, CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        var last = to ?? DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var first = from ?? last.AddDays(-DefaultDays);
        if (first > last || last == DateOnly.MaxValue)
        {
            errors.Add("from", IdentityTexts.Of("administration.notAfterTo"));
        }

        var success = action ?? "link.created";
        if (success.Length == 0 || Characters.Exceed(success, MaxAction) || success.Any(char.IsControl))
        {
            errors.Add("action", IdentityTexts.Of("administration.action", ("max", MaxAction)));
        }

        if (errors.Any)
        {
            return errors.ToResult();
        }

        await using var connection = await database.OpenAsync(cancellationToken);
        if (await FlagTable.FindAsync(connection, name, cancellationToken) is null)
        {
            return Problems.NotFound.Result();
        }

        // every workspace: users are counted across all of theirs
        var rows = await connection.QueryAsync<Row>(
            """
            with met as (
                select variant, user_id, min(first_at) as since, count(distinct day) as days
                from feature_exposures where flag = @name and day between (@First at time zone 'UTC')::date and (@Last at time zone 'UTC')::date
                group by variant, user_id
            ), done as (
                select m.variant, a.actor_id, count(*) as times
                from met m join audit_log a on a.actor_id = m.user_id
                where a.action = @success and a.at >= m.since and a.at < @End
                group by m.variant, a.actor_id
            )
            select m.variant, count(*)::int as people, sum(m.days)::int as exposures,
                   count(d.actor_id)::int as converted, coalesce(sum(d.times), 0)::bigint as conversions
            from met m left join done d on d.variant = m.variant and d.actor_id = m.user_id
            group by m.variant order by m.variant
            """,
            new { name, First = Midnight(first), Last = Midnight(last), success, End = Midnight(last.AddDays(1)) },
            cancellationToken);
        return TypedResults.Ok(new Response(name, success, first, last,
        [
            .. rows.Select(row => new Variant(row.Variant, row.People, row.Exposures, row.Converted, row.Conversions, Math.Round((double)row.Converted / row.People, 4))),
        ]));
    }

    private static DateTimeOffset Midnight(DateOnly day) => new(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);

    private sealed record Row(string Variant, int People, int Exposures, int Converted, long Conversions);
}
