using LinkShort.Contracts;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.Identity.SignIn.Notices;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.Passkeys;

public static class RemovePasskey
{
    /// <summary>Removing the last factor also removes recovery codes and trusted devices.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Guid id, CurrentUser user, SecurityNotices notices, AuditTrail audit, Database database, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        await SecondFactors.LockAsync(work, user.Id, cancellationToken);
        var name = await work.ExecuteScalarAsync<string?>(
            "delete from passkeys where id = @id and user_id = @UserId returning name",
            new { id, UserId = user.Id }, cancellationToken);
        if (name is null)
        {
            return Problems.NotFound.Result();
        }

        await SecondFactors.ForgetUnusedAsync(work, user.Id, cancellationToken);
        work.Publish(audit.Entry("passkey.removed", "passkey", id, before: new { name }) with { WorkspaceId = null });
        await notices.RaiseAsync(work, user.Id, SecurityNoticeKinds.PasskeyRemoved, name, cancellationToken: cancellationToken);
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
