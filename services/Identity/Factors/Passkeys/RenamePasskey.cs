using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.Passkeys;

public static class RenamePasskey
{
    public sealed record Request
    {
        public required string Name { get; init; }
    }

    public static async Task<Results<Ok<PasskeyResponse>, ProblemHttpResult>> HandleAsync(
        Guid id, Request body, CurrentUser user, AuditTrail audit, Database database, CancellationToken cancellationToken)
    {
        if (!UnicodeText.TryParseLine(body.Name, AddPasskey.MaxNameLength, out var name, out var nameError))
        {
            return ValidationErrors.Of("name", nameError);
        }

        await using var work = await database.BeginAsync(cancellationToken);
        var before = await work.ExecuteScalarAsync<string?>(
            "select name from passkeys where id = @id and user_id = @UserId for update",
            new { id, UserId = user.Id }, cancellationToken);
        if (before is null)
        {
            return Problems.NotFound.Result();
        }

        var renamed = await work.QuerySingleAsync<PasskeyResponse>(
            """
            update passkeys set name = @name where id = @id and user_id = @UserId
            returning id, name, backed_up, created_at, last_used_at
            """,
            new { id, name, UserId = user.Id }, cancellationToken);
        work.Publish(audit.Entry("passkey.renamed", "passkey", id, before: new { name = before }, after: new { name }) with { WorkspaceId = null });
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(renamed);
    }
}
