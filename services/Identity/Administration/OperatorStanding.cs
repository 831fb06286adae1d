using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Administration;

/// <summary>Whether a user is an operator now. Also GET /internal/operators/{id}, for the operators' endpoints of other services.</summary>
public sealed class OperatorStanding(Operators operators, Database database)
{
    /// <param name="Operator">By a verified address, and not suspended.</param>
    /// <param name="SecondFactor">Whether the user has one.</param>
    public sealed record Response(bool Operator, bool SecondFactor);

    public static async Task<Ok<Response>> HandleAsync(Guid id, OperatorStanding standing, CancellationToken cancellationToken) =>
        TypedResults.Ok(await standing.OfAsync(id, cancellationToken));

    public async Task<Response> OfAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var email = await connection.QuerySingleOrDefaultAsync<string?>(
            """
            select u.normalized_email from users u
            where u.id = @userId and u.email_confirmed and not exists (select from user_suspensions x where x.user_id = u.id)
            """,
            new { userId }, cancellationToken);
        return operators.Include(email)
            ? new Response(true, (await SecondFactors.OfAsync(connection, userId, cancellationToken)).Enabled)
            : new Response(false, false);
    }
}
