namespace LinkShort.Web.Privacy;

/// <summary>A purpose that consent is asked for, and the visitor's decision.</summary>
/// <param name="Required">An account requires it.</param>
/// <param name="Language">Of the text: en, ar, es, fr or de.</param>
/// <param name="Version">Of the text that was decided on; null if never asked.</param>
/// <param name="UpToDate">False if the text has changed since, or if never asked.</param>
public sealed record Consent(
    string Purpose, bool Required, string CurrentVersion, string Text, string? Language, bool Granted, string? Version, DateTimeOffset? DecidedAt, bool UpToDate);

public sealed record ConsentDecision(string Purpose, string Version, bool Granted, DateTimeOffset DecidedAt, string? Network, string? Device);

/// <param name="History">Every decision, newest first.</param>
public sealed record ConsentState(IReadOnlyList<Consent> Consents, IReadOnlyList<ConsentDecision> History);

/// <param name="State">collecting, ready or failed.</param>
/// <param name="Bytes">Null until it is ready.</param>
public sealed record DataExport(Guid Id, string State, DateTimeOffset RequestedAt, DateTimeOffset? ReadyAt, DateTimeOffset ExpiresAt, long? Bytes);

/// <param name="DueAt">Null if no deletion is scheduled.</param>
/// <param name="GraceSeconds">How long a deletion can be undone.</param>
public sealed record DeletionStatus(DateTimeOffset? DueAt, long? GraceSeconds);

/// <param name="Id">Of the receipt, which needs no account to be read.</param>
public sealed record ScheduledDeletion(string Id, DateTimeOffset DueAt);

/// <param name="State">scheduled, cancelled, erasing or completed.</param>
public sealed record DeletionReceipt(
    string State, DateTimeOffset RequestedAt, DateTimeOffset DueAt, DateTimeOffset? ErasedAt, DateTimeOffset? CompletedAt, IReadOnlyList<ServiceReport> Services);

/// <summary>What one service has erased.</summary>
public sealed record ServiceReport(string Service, DateTimeOffset CompletedAt, IReadOnlyList<ErasedRows> Counts);

public sealed record ErasedRows(string Store, long Rows);
