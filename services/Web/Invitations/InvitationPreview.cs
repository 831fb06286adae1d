using System.Text.Json;
using LinkShort.Web.Api;

namespace LinkShort.Web.Invitations;

/// <summary>An invitation, for anyone with its token.</summary>
/// <param name="InvitedBy">Null if the inviter has no name.</param>
/// <param name="Email">The invited address: only its account can accept.</param>
/// <param name="HasAccount">Whether there is an account with that address.</param>
public sealed record InvitationPreview(
    Guid WorkspaceId, string WorkspaceName, string? InvitedBy, string Email, string Role, DateTimeOffset ExpiresAt, bool HasAccount);

/// <summary>An invitation that expired before it was answered.</summary>
/// <param name="InvitedBy">Null if the inviter has no name.</param>
public sealed record ExpiredInvitation(string WorkspaceName, string? InvitedBy, DateTimeOffset At)
{
    /// <returns>Null for one that is invalid for another reason.</returns>
    public static ExpiredInvitation? Of(ApiProblem problem) =>
        problem is { Slug: "invitation-invalid", Members: { } members }
        && members.TryGetProperty("expiredAt", out var at) && at.TryGetDateTimeOffset(out var expiredAt)
        && Text(members, "workspaceName") is { } workspace
            ? new ExpiredInvitation(workspace, Text(members, "invitedBy"), expiredAt)
            : null;

    private static string? Text(JsonElement members, string name) =>
        members.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
