using System.Collections.Immutable;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>What is known about one replica of a resource at one moment. Immutable: every change is a new one.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>"Project", "Executable", "PostgreSQL", "Database", "Redis", "RabbitMQ" or "Parameter".</summary>
    public required string ResourceType { get; init; }

    /// <summary>What is run: a project's file name, a server's program, a command.</summary>
    public string? Source { get; init; }

    /// <summary>The resource this one belongs to: a database's server.</summary>
    public string? ParentName { get; init; }

    /// <summary>From 0.</summary>
    public int Replica { get; init; }

    public ResourceStateSnapshot? State { get; init; }

    /// <summary>Null while it isn't running.</summary>
    public HealthStatus? HealthStatus { get; init; }

    /// <summary>When <see cref="HealthStatus"/> last changed.</summary>
    public DateTimeOffset? HealthSince { get; init; }

    public ImmutableArray<HealthReportSnapshot> HealthReports { get; init; } = [];

    public DateTimeOffset? CreationTimeStamp { get; init; }

    public DateTimeOffset? StartTimeStamp { get; init; }

    public DateTimeOffset? StopTimeStamp { get; init; }

    /// <summary>Of the last process that ended; 128 + n when signal n ended it.</summary>
    public int? ExitCode { get; init; }

    /// <summary>How often the engine started it again after it died by itself.</summary>
    public int Restarts { get; init; }

    public int? ProcessId { get; init; }

    /// <summary>Share of one core, 0 to (number of cores): the whole process tree, over the last sample interval. Null until sampled twice.</summary>
    public double? CpuCores { get; init; }

    /// <summary>Bytes resident, the whole process tree, shared pages counted once.</summary>
    public long? MemoryBytes { get; init; }

    public ImmutableArray<EnvironmentVariableSnapshot> EnvironmentVariables { get; init; } = [];

    public ImmutableArray<UrlSnapshot> Urls { get; init; } = [];

    public ImmutableArray<ResourceCommandSnapshot> Commands { get; init; } = [];
}

public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    public static implicit operator ResourceStateSnapshot(string text) => new(text, Style: null);
}

/// <param name="Name">The check's name.</param>
/// <param name="Status">Null before its first answer.</param>
/// <param name="Description">For the operator.</param>
/// <param name="ExceptionText">The failure, when there was one.</param>
public sealed record HealthReportSnapshot(string Name, HealthStatus? Status, string? Description, string? ExceptionText);

/// <param name="Name">Name.</param>
/// <param name="Value">The value as the process got it, secret or not.</param>
/// <param name="IsSecret">It holds a secret parameter: mask it.</param>
/// <param name="IsFromSpec">False for what came from AppHost's own environment.</param>
public sealed record EnvironmentVariableSnapshot(string Name, string? Value, bool IsSecret, bool IsFromSpec);

/// <param name="Name">The endpoint's name.</param>
/// <param name="Url">Absolute.</param>
/// <param name="IsInternal">Not meant for people: the replica behind a proxy, or a server's own protocol.</param>
/// <param name="DisplayText">Instead of the URL, when set.</param>
public sealed record UrlSnapshot(string? Name, string Url, bool IsInternal, string? DisplayText = null);

public sealed record ResourceCommandSnapshot(string Name, ResourceCommandState State, string DisplayName, string? DisplayDescription, string? ConfirmationMessage, string? IconName, bool IsHighlighted);

public static class KnownResourceStates
{
    public const string NotStarted = nameof(NotStarted);
    public const string Waiting = nameof(Waiting);
    public const string Starting = nameof(Starting);
    public const string Running = nameof(Running);
    public const string Stopping = nameof(Stopping);
    public const string Exited = nameof(Exited);
    public const string Finished = nameof(Finished);
    public const string FailedToStart = nameof(FailedToStart);
    public const string RuntimeUnhealthy = nameof(RuntimeUnhealthy);
    public const string Active = nameof(Active);

    public static IReadOnlyList<string> TerminalStates { get; } = [Finished, FailedToStart, Exited];
}

public static class KnownResourceStateStyles
{
    public const string Success = "success";
    public const string Info = "info";
    public const string Warn = "warning";
    public const string Error = "error";
}

public sealed class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    public IResource Resource { get; } = resource;

    /// <summary>The replica's id: the resource's name, with <c>-1</c>, <c>-2</c> … when there are several.</summary>
    public string ResourceId { get; } = resourceId;

    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}
