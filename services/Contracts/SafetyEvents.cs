namespace LinkShort.Contracts;

/// <summary>An operator took a link, a workspace or a destination host out of service, or let it back.</summary>
/// <param name="Kind"><c>link</c>, <c>workspace</c> or <c>host</c>.</param>
/// <param name="Target">The id of the link or workspace, lower case with hyphens; or a host in lower case and punycode, which takes in its subdomains.</param>
/// <param name="Revision">Grows with each change of any suspension: of two events about one target the higher one is newer.</param>
public sealed record SuspensionChanged(string Kind, string Target, bool Suspended, string? Reason, long Revision, DateTimeOffset ChangedAt)
{
    /// <summary>Version of the <see cref="WorkspaceSuspensionChanged"/> that asked for it; null when it came from the command line.</summary>
    public long? IdentityVersion { get; init; }
}
