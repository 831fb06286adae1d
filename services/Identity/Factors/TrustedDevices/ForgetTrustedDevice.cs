using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TrustedDevices;

public static class ForgetTrustedDevice
{
    /// <summary>The next sign-in on it requires the second factor again.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, CurrentUser user, AuditTrail audit, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await work.ExecuteAsync(
            "delete from trusted_devices where id = @id and user_id = @UserId",
            new { id, UserId = user.Id }, cancellationToken) == 0)
        {
            return Problems.NotFound.Result();
        }

        work.Publish(audit.Entry("trustedDevice.forgotten", "trustedDevice", id) with { WorkspaceId = null });
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
