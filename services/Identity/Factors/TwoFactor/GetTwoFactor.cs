using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Factors.TwoFactor;

public static class GetTwoFactor
{
    /// <param name="Enabled">Whether signing in with the password asks for more.</param>
    /// <param name="AuthenticatorEnabledAt">Since when an authenticator app counts; null without one.</param>
    /// <param name="Passkeys">How many.</param>
    /// <param name="RecoveryCodesLeft">Not used yet.</param>
    /// <param name="Methods">What can be sent to /auth/login/2fa: totp, passkey, recoveryCode.</param>
    public sealed record Response(bool Enabled, DateTimeOffset? AuthenticatorEnabledAt, int Passkeys, int RecoveryCodesLeft, IReadOnlyList<string> Methods);

    public static async Task<Ok<Response>> HandleAsync(CurrentUser user, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var factors = await SecondFactors.OfAsync(connection, user.Id, cancellationToken);
        return TypedResults.Ok(new Response(
            factors.Enabled, factors.AuthenticatorEnabledAt, factors.Passkeys, factors.RecoveryCodesLeft, factors.Methods));
    }
}
