using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>The user and workspaces to erase.</summary>
/// <param name="UserId">Null when only a workspace is erased.</param>
/// <param name="Workspaces">Erased with everything in them.</param>
public sealed record Forgotten(Guid? UserId, IReadOnlyList<Guid> Workspaces);

/// <summary>Erasure that the map's statements can't express: events to publish, files to delete. Runs before them.</summary>
public interface IErasureStep
{
    Task<IReadOnlyList<ErasedRows>> EraseAsync(UnitOfWork work, Forgotten forgotten, CancellationToken cancellationToken);
}

/// <summary>Executes the erasure rules of the map in one transaction. Idempotent.</summary>
public sealed class PersonalDataErasure(DataMap map, IEnumerable<IErasureStep> steps)
{
    public async Task<IReadOnlyList<ErasedRows>> EraseAsync(UnitOfWork work, Forgotten forgotten, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(forgotten);
        var counts = new List<ErasedRows>();
        foreach (var step in steps)
        {
            counts.AddRange(await step.EraseAsync(work, forgotten, cancellationToken));
        }

        foreach (var table in map.Tables)
        {
            if (table.Erased.Sql(table) is { } sql)
            {
                var rows = await work.Connection.ExecuteAsync(new CommandDefinition(
                    sql, new { forgotten.UserId, Workspaces = forgotten.Workspaces.ToArray(), Nobody = Guid.Empty }, work.Transaction,
                    commandTimeout: 0, cancellationToken: cancellationToken));
                counts.Add(new ErasedRows(table.Name, rows));
            }
        }

        return counts;
    }
}
