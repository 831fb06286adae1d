namespace LinkShort.Contracts;

/// <summary>Somebody asked for all that is held about them. Each service writes its part and answers with <see cref="ExportPartReady"/>.</summary>
/// <param name="Workspaces">Those that nobody else is in: what they hold is the person's own.</param>
public sealed record ExportRequested(Guid ExportId, Guid UserId, IReadOnlyList<Guid> Workspaces, DateTimeOffset RequestedAt);

/// <summary>A service's part of an export can be fetched from it: <c>GET /internal/exports/{ExportId}</c>.</summary>
/// <param name="Service">Its name in service discovery: links.</param>
public sealed record ExportPartReady(Guid ExportId, string Service, long Rows);

/// <summary>An export is complete, or was given up. Its parts are deleted.</summary>
public sealed record ExportClosed(Guid ExportId);

/// <summary>An account is gone for good. Each service erases what it holds and answers with <see cref="ErasureCompleted"/>.</summary>
/// <param name="Workspaces">Erased with the account; each is also told of by <see cref="WorkspaceErased"/>.</param>
public sealed record UserErased(Guid ErasureId, Guid UserId, IReadOnlyList<Guid> Workspaces, DateTimeOffset ErasedAt);

/// <summary>A service has erased what it held about a person.</summary>
/// <param name="Service">Its name in service discovery: links.</param>
public sealed record ErasureCompleted(Guid ErasureId, string Service, IReadOnlyList<ErasedRows> Counts, DateTimeOffset CompletedAt);

/// <param name="Store">A table, or what else it was.</param>
public sealed record ErasedRows(string Store, long Rows);
