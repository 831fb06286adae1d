using System.Net;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;

namespace LinkShort.Billing;

/// <summary>A workspace and its first owner.</summary>
/// <param name="Email">The owner's address.</param>
/// <param name="OwnerName">Null if the owner has set none.</param>
/// <param name="Locale">The owner's language, e.g. <c>de</c>.</param>
public sealed record WorkspaceContact(Guid WorkspaceId, string Name, Guid OwnerId, string Email, string? OwnerName, string Locale);

/// <summary>Asks identity, which owns workspaces and people: billing keeps no copy of their addresses.</summary>
public sealed class WorkspaceContacts(IdentityClient identity)
{
    /// <returns>Null for a workspace that doesn't exist.</returns>
    /// <exception cref="DependencyUnavailableException">identity is unavailable.</exception>
    public async Task<WorkspaceContact?> FindAsync(Guid workspaceId, CancellationToken cancellationToken)
    {
        try
        {
            return await identity.GetAsync<WorkspaceContact>($"/internal/workspaces/{workspaceId}/contact", cancellationToken);
        }
        catch (HttpRequestException exception) when (exception.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
        catch (Exception exception) when (Outages.IsOutageOrDeadline(exception, cancellationToken))
        {
            throw new DependencyUnavailableException("identity", exception);
        }
    }
}
