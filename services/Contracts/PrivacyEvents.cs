namespace LinkShort.Contracts;

/// <summary>A user requested an export of their data. Each service writes its part and answers with <see cref="ExportPartReady"/>.</summary>
/// <param name="Workspaces">The workspaces without other members: their data belongs to the user.</param>
public sealed record ExportRequested(Guid ExportId, Guid UserId, IReadOnlyList<Guid> Workspaces, DateTimeOffset RequestedAt);

/// <summary>A service's part of an export can be fetched from it: <c>GET /internal/exports/{ExportId}</c>.</summary>
/// <param name="Service">The service's name in service discovery: links.</param>
public sealed record ExportPartReady(Guid ExportId, string Service, long Rows);

/// <summary>An export was completed or abandoned. Its parts are deleted.</summary>
public sealed record ExportClosed(Guid ExportId);

/// <summary>An account was erased. Each service erases its data and answers with <see cref="ErasureCompleted"/>.</summary>
/// <param name="Workspaces">Erased with the account; there is also a <see cref="WorkspaceErased"/> for each.</param>
public sealed record UserErased(Guid ErasureId, Guid UserId, IReadOnlyList<Guid> Workspaces, DateTimeOffset ErasedAt);

/// <summary>A service has erased its data of a person.</summary>
/// <param name="Service">The service's name in service discovery: links.</param>
public sealed record ErasureCompleted(Guid ErasureId, string Service, IReadOnlyList<ErasedRows> Counts, DateTimeOffset CompletedAt);

/// <param name="Store">A table or another store.</param>
public sealed record ErasedRows(string Store, long Rows);
