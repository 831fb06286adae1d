using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration.Flags;

/// <summary>GET, PUT and DELETE /api/v1/admin/flags/{name}, and /internal/features for the other services.</summary>
public static class FlagEndpoints
{
    private const int MaxFlags = 200;

    /// <param name="Revision">Increases with each change of any flag; used as the ETag.</param>
    public sealed record Response(
        string Name, string Description, bool Enabled, string Subject, IReadOnlyList<FeatureRule> Rules, IReadOnlyList<FeatureVariant> Variants,
        long Revision, DateTimeOffset UpdatedAt);

    public sealed record ListResponse(IReadOnlyList<Response> Items);

    public static async Task<Ok<ListResponse>> ListAsync(Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<FlagRow>(
            $"select {FlagRow.Columns} from feature_flags where not deleted order by name", null, cancellationToken);
        return TypedResults.Ok(new ListResponse([.. rows.Select(Of)]));
    }

    public static async Task<Results<Ok<Response>, ProblemHttpResult>> GetAsync(
        string name, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        if (await FlagTable.FindAsync(connection, name, cancellationToken) is not { } row)
        {
            return Problems.NotFound.Result();
        }

        ETags.Write(context.Response, row.Revision);
        return TypedResults.Ok(Of(row));
    }

    /// <summary>Creates or replaces the flag. It takes effect in every service within a second.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> PutAsync(
        string name, FlagInput body, Database database, OperatorLog log, FeatureFlags flags, TimeProvider time, HttpContext context,
        CancellationToken cancellationToken)
    {
        var errors = new ValidationErrors();
        if (body.Check(name, errors) is not { } flag)
        {
            return errors.ToResult();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await FlagTable.LockAsync(work, cancellationToken);
        var before = await FlagTable.FindAsync(work.Connection, name, cancellationToken);
        if (!ETags.IfMatch(context.Request, before?.Revision ?? 0))
        {
            return Problems.PreconditionFailed.Result();
        }

        if (before is null && await work.ExecuteScalarAsync<int>(
            "select count(*)::int from feature_flags where not deleted", null, cancellationToken) >= MaxFlags)
        {
            return ValidationErrors.Of("name", IdentityTexts.Of("administration.maxFlags", ("max", MaxFlags)));
        }

        var row = (await FlagTable.WriteAsync(work, name, flag, body.Description ?? before?.Description ?? "", time.GetUtcNow(), cancellationToken))!;
        log.Record(work, before is null ? "flag.created" : "flag.changed", "flag", name, before: before is null ? null : Of(before), after: Of(row));
        await work.CommitAsync(cancellationToken);
        // In this replica immediately, without the broker.
        flags.Apply(new FeatureFlagChanged(name, row.ToFlag(), row.Revision, row.UpdatedAt));
        ETags.Write(context.Response, row.Revision);
        return TypedResults.Ok(Of(row));
    }

    /// <summary>The product's default applies from then on.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string name, Database database, OperatorLog log, TimeProvider time, HttpContext context, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await FlagTable.LockAsync(work, cancellationToken);
        if (await FlagTable.FindAsync(work.Connection, name, cancellationToken) is not { } before)
        {
            return Problems.NotFound.Result();
        }

        if (!ETags.IfMatch(context.Request, before.Revision))
        {
            return Problems.PreconditionFailed.Result();
        }

        await FlagTable.WriteAsync(work, name, null, before.Description, time.GetUtcNow(), cancellationToken);
        log.Record(work, "flag.deleted", "flag", name, before: Of(before));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>For other services. 204 when the caller's revision is current.</summary>
    public static async Task<Results<Ok<CurrentFeatureFlags>, NoContent>> ReadAllAsync(long? known, FlagTable table, CancellationToken cancellationToken) =>
        await table.ReadAsync(known ?? -1, cancellationToken) is { } current ? TypedResults.Ok(current) : TypedResults.NoContent();

    private static Response Of(FlagRow row)
    {
        var flag = row.ToFlag();
        return new Response(row.Name, row.Description, row.Enabled, row.Subject, flag.Rules, flag.Variants, row.Revision, row.UpdatedAt);
    }
}
