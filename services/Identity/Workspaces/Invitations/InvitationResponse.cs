using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.Workspaces.Invitations;

/// <param name="Role">What the person becomes: admin, member or viewer.</param>
/// <param name="InvitedBy">Id of the member who invited them.</param>
/// <param name="SentAt">When the last mail was sent.</param>
/// <param name="ExpiresAt">Sent again, it is good for another while.</param>
public sealed record InvitationResponse(
    Guid Id, string Email, string Role, Guid InvitedBy, DateTimeOffset CreatedAt, DateTimeOffset SentAt, DateTimeOffset ExpiresAt)
{
    internal const string Columns = "id, email, role, invited_by, created_at, sent_at, expires_at";

    internal static async Task<InvitationResponse> ReadAsync(UnitOfWork work, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        await work.QuerySingleAsync<InvitationResponse>(
            $"select {Columns} from invitations where workspace_id = @workspaceId and id = @id",
            new { workspaceId, id }, cancellationToken);
}
