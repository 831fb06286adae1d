using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TwoFactor;

public static class GetTwoFactor
{
    /// <param name="Enabled">Whether signing in with the password requires a second factor.</param>
    /// <param name="AuthenticatorEnabledAt">Null without an enabled authenticator app.</param>
    /// <param name="Passkeys">Their number.</param>
    /// <param name="RecoveryCodesLeft">The number of unused ones.</param>
    /// <param name="Methods">The factors that /auth/login/2fa accepts: totp, passkey, recoveryCode.</param>
    public sealed record Response(bool Enabled, DateTimeOffset? AuthenticatorEnabledAt, int Passkeys, int RecoveryCodesLeft, IReadOnlyList<string> Methods);

    public static async Task<Ok<Response>> HandleAsync(CurrentUser user, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var factors = await SecondFactors.OfAsync(connection, user.Id, cancellationToken);
        return TypedResults.Ok(new Response(
            factors.Enabled, factors.AuthenticatorEnabledAt, factors.Passkeys, factors.RecoveryCodesLeft, factors.Methods));
    }
}
