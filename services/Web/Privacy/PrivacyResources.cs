namespace LinkShort.Web.Privacy;

/// <summary>What the visitor is asked for a purpose, and what they said.</summary>
/// <param name="Required">Without it there is no account.</param>
/// <param name="Language">Of the text: en, ar, es, fr or de.</param>
/// <param name="Version">Of the text that they decided on; null when never asked.</param>
/// <param name="UpToDate">False: the text has changed since, or they were never asked.</param>
public sealed record Consent(
    string Purpose, bool Required, string CurrentVersion, string Text, string? Language, bool Granted, string? Version, DateTimeOffset? DecidedAt, bool UpToDate);

public sealed record ConsentDecision(string Purpose, string Version, bool Granted, DateTimeOffset DecidedAt, string? Network, string? Device);

/// <param name="History">Every decision, newest first.</param>
public sealed record ConsentState(IReadOnlyList<Consent> Consents, IReadOnlyList<ConsentDecision> History);

/// <param name="State">collecting, ready or failed.</param>
/// <param name="Bytes">Null until it is ready.</param>
public sealed record DataExport(Guid Id, string State, DateTimeOffset RequestedAt, DateTimeOffset? ReadyAt, DateTimeOffset ExpiresAt, long? Bytes);

/// <param name="DueAt">Null: the account is not going to be deleted.</param>
/// <param name="GraceSeconds">How long a deletion could be taken back.</param>
public sealed record DeletionStatus(DateTimeOffset? DueAt, long? GraceSeconds);

/// <param name="Id">Of the receipt: the only way to it once the account is gone.</param>
public sealed record ScheduledDeletion(string Id, DateTimeOffset DueAt);

/// <param name="State">scheduled, cancelled, erasing or completed.</param>
public sealed record DeletionReceipt(
    string State, DateTimeOffset RequestedAt, DateTimeOffset DueAt, DateTimeOffset? ErasedAt, DateTimeOffset? CompletedAt, IReadOnlyList<ServiceReport> Services);

/// <summary>What one part of LinkShort erased.</summary>
public sealed record ServiceReport(string Service, DateTimeOffset CompletedAt, IReadOnlyList<ErasedRows> Counts);

public sealed record ErasedRows(string Store, long Rows);
