using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Identity.AuditLog;

/// <summary>The query parameters of <see cref="AuditFilter"/>.</summary>
public sealed record AuditQuery
{
    public const string ActorText = "The id of a user or API key, or one of: user, apiKey, operator, system.";

    [FromQuery(Name = "actor")]
    [Description(ActorText)]
    public string? Actor { get; init; }

    [FromQuery(Name = "action")]
    [Description("An action such as link.created; link.* matches all actions on links.")]
    public string? Action { get; init; }

    [FromQuery(Name = "target")]
    [Description("An id, a type such as link, or both: link:{id}.")]
    public string? Target { get; init; }

    [FromQuery(Name = "from")]
    [Description("Start of the range, inclusive. An RFC 3339 time such as 2026-11-01T00:00:00Z.")]
    public string? From { get; init; }

    [FromQuery(Name = "to")]
    [Description("End of the range, exclusive.")]
    public string? To { get; init; }
}
