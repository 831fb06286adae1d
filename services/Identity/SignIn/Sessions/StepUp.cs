using LinkShort.Contracts;
using LinkShort.Identity.Factors.TwoFactor;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.SignIn.Sessions;

/// <summary>
/// Step-up for changes of the account: own credentials within the last 15 minutes, including the second factor if the account has one. Every
/// change of an account calls <see cref="RequireStepUp"/>, or <see cref="WithoutStepUp"/> with the reason.
/// </summary>
public static class StepUp
{
    /// <summary>Call it after <c>RequireAuthorization(Permissions.AccountManage)</c>.</summary>
    public static TBuilder RequireStepUp<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireRecentSignIn().AddEndpointFilter<TBuilder, SecondFactorCheck>();

    /// <param name="because">Why a session alone is enough.</param>
    public static TBuilder WithoutStepUp<TBuilder>(this TBuilder endpoint, string because) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new StepUpExemption(because));

    /// <summary>
    /// A session that started with the password alone doesn't count once the account has a second factor. Read from the database, because the
    /// factor may be newer than the token.
    /// </summary>
    /// <returns>Null if the session is good enough.</returns>
    public static async Task<ProblemHttpResult?> RefuseWithoutSecondFactorAsync(
        NpgsqlConnection connection, CurrentUser user, CancellationToken cancellationToken)
    {
        var hasTwoFactors = await connection.ExecuteScalarAsync<bool>(
            """
            -- every workspace: a session is its owner's in any
            select @TwoFactors = any(methods) from sessions where id = @SessionId and user_id = @Id
            """,
            new { AuthenticationMethods.TwoFactors, user.SessionId, user.Id }, cancellationToken);
        return !hasTwoFactors && (await SecondFactors.OfAsync(connection, user.Id, cancellationToken)).Enabled
            ? Problems.RecentSignInRequired.Result(IdentityTexts.Of("signIn.factorNotProved"))
            : null;
    }

    private sealed class SecondFactorCheck(Database database) : IEndpointFilter
    {
        public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            var http = context.HttpContext;
            var user = http.RequestServices.GetRequiredService<CurrentUser>();
            await using (var connection = await database.OpenAsync(http.RequestAborted))
            {
                if (await RefuseWithoutSecondFactorAsync(connection, user, http.RequestAborted) is { } refusal)
                {
                    return refusal;
                }
            }

            return await next(context);
        }
    }
}

/// <summary>Endpoint metadata: a change of the account for which a session is enough.</summary>
public sealed record StepUpExemption(string Because);
