using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <param name="Role">The role of the new member: admin, member or viewer.</param>
/// <param name="InvitedBy">The id of the inviter.</param>
/// <param name="SentAt">When the last email was sent.</param>
/// <param name="ExpiresAt">Resending renews it.</param>
public sealed record InvitationResponse(
    Guid Id, string Email, string Role, Guid InvitedBy, DateTimeOffset CreatedAt, DateTimeOffset SentAt, DateTimeOffset ExpiresAt)
{
    internal const string Columns = "id, email, role, invited_by, created_at, sent_at, expires_at";

    internal static async Task<InvitationResponse> ReadAsync(UnitOfWork work, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        await work.QuerySingleAsync<InvitationResponse>(
            $"select {Columns} from invitations where workspace_id = @workspaceId and id = @id",
            new { workspaceId, id }, cancellationToken);
}
