using System.Collections.Frozen;
using LinkShort.Blocklist;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Npgsql;

namespace LinkShort.Links.Safety;

/// <summary>
/// The suspensions in force, in memory. Before each change of a link, the highest revision is read (one row of an index), and the
/// list is reloaded if it has increased. So it is exact, no matter which replica suspended something.
/// </summary>
public sealed class SuspendedTargets(Database database)
{
    private volatile State _state = new(-1, [], []);

    /// <exception cref="NpgsqlException">The database is unavailable.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var revision = await connection.ExecuteScalarAsync<long>(
            "select coalesce(max(revision), 0) from suspensions", null, cancellationToken);
        if (revision == _state.Revision)
        {
            return;
        }

        var all = await connection.QueryAsync<SuspensionChanged>(
            "select kind, target, suspended, reason, revision, changed_at from suspensions where suspended", null, cancellationToken);
        // The revision that was read first: later changes are loaded the next time.
        _state = new State(revision, Of(SuspensionTarget.Workspace), Of(SuspensionTarget.Host));

        HashSet<string> Of(string kind) => [.. all.Where(item => item.Kind == kind).Select(item => item.Target)];
    }

    public bool HasWorkspace(Guid id) => _state.Workspaces.Count > 0 && _state.Workspaces.Contains(id.ToString());

    /// <summary>Whether the host or a parent domain is suspended.</summary>
    public bool HasHost(CanonicalUrl url)
    {
        return _state.Hosts.Count > 0 && url.HostAndParents().Any(_state.Hosts.Contains);
    }

    private sealed class State(long revision, HashSet<string> workspaces, HashSet<string> hosts)
    {
        public long Revision => revision;

        public FrozenSet<string> Workspaces { get; } = workspaces.ToFrozenSet(StringComparer.Ordinal);

        public FrozenSet<string> Hosts { get; } = hosts.ToFrozenSet(StringComparer.Ordinal);
    }
}

/// <summary>Refuses changes in a suspended workspace, and refreshes the suspended hosts for the validation of destinations.</summary>
public sealed class RefuseSuspended(SuspendedTargets suspended) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            await suspended.RefreshAsync(context.HttpContext.RequestAborted);
        }
        catch (Exception exception) when (Outages.IsOutage(exception))
        {
            // Validation errors are still reported; a valid change fails without the database anyway.
        }

        var workspace = context.HttpContext.RequestServices.GetRequiredService<ServiceDefaults.Auth.CurrentWorkspace>();
        return suspended.HasWorkspace(workspace.Id) ? Problems.WorkspaceSuspended.Result() : await next(context);
    }
}
