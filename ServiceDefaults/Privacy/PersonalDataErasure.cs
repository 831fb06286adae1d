using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>Whom to forget.</summary>
/// <param name="UserId">Null when a workspace alone is erased.</param>
/// <param name="Workspaces">With everything in them.</param>
public sealed record Forgotten(Guid? UserId, IReadOnlyList<Guid> Workspaces);

/// <summary>What a service's map can't say in a statement: events to publish, files to delete. Runs before the map's statements.</summary>
public interface IErasureStep
{
    Task<IReadOnlyList<ErasedRows>> EraseAsync(UnitOfWork work, Forgotten whom, CancellationToken cancellationToken);
}

/// <summary>Erases as the map says, in one transaction. Doing it again finds nothing more to do.</summary>
public sealed class PersonalDataErasure(DataMap map, IEnumerable<IErasureStep> steps)
{
    public async Task<IReadOnlyList<ErasedRows>> EraseAsync(UnitOfWork work, Forgotten whom, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        ArgumentNullException.ThrowIfNull(whom);
        var counts = new List<ErasedRows>();
        foreach (var step in steps)
        {
            counts.AddRange(await step.EraseAsync(work, whom, cancellationToken));
        }

        foreach (var table in map.Tables)
        {
            if (table.Erased.Sql(table) is { } sql)
            {
                var rows = await work.Connection.ExecuteAsync(new CommandDefinition(
                    sql, new { whom.UserId, Workspaces = whom.Workspaces.ToArray(), Nobody = Guid.Empty }, work.Transaction,
                    commandTimeout: 0, cancellationToken: cancellationToken));
                counts.Add(new ErasedRows(table.Name, rows));
            }
        }

        return counts;
    }
}
