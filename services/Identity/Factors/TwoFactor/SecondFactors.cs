using LinkShort.ServiceDefaults.Data;
using Npgsql;

namespace LinkShort.Identity.Factors.TwoFactor;

/// <summary>A user's factors besides the password.</summary>
/// <param name="AuthenticatorEnabledAt">Null without an enabled authenticator app.</param>
/// <param name="RecoveryCodesLeft">The number of unused ones.</param>
public sealed record SecondFactors(DateTimeOffset? AuthenticatorEnabledAt, int Passkeys, int RecoveryCodesLeft)
{
    public const string AuthenticatorMethod = "totp";
    public const string PasskeyMethod = "passkey";
    public const string RecoveryCodeMethod = "recoveryCode";

    /// <summary>With an app or a passkey, the password alone doesn't sign in.</summary>
    public bool Enabled => AuthenticatorEnabledAt is not null || Passkeys > 0;

    /// <summary>The factors that <c>/auth/login/2fa</c> accepts, the most common first.</summary>
    public IReadOnlyList<string> Methods
    {
        get
        {
            var methods = new List<string>();
            if (AuthenticatorEnabledAt is not null)
            {
                methods.Add(AuthenticatorMethod);
            }

            if (Passkeys > 0)
            {
                methods.Add(PasskeyMethod);
            }

            if (RecoveryCodesLeft > 0)
            {
                methods.Add(RecoveryCodeMethod);
            }

            return methods;
        }
    }

    public static Task<SecondFactors> OfAsync(
        NpgsqlConnection connection, Guid userId, CancellationToken cancellationToken) =>
        connection.QuerySingleAsync<SecondFactors>(
            """
            select (select enabled_at from authenticators where user_id = @userId) as authenticator_enabled_at,
                   (select count(*)::int from passkeys where user_id = @userId) as passkeys,
                   (select count(*)::int from recovery_codes where user_id = @userId and used_at is null) as recovery_codes_left
            """,
            new { userId }, cancellationToken);

    /// <summary>Serialises changes of a user's factors, so that of two concurrent removals the second sees that none is left.</summary>
    public static Task LockAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        return work.ExecuteAsync(
            "select from users where id = @userId for no key update", new { userId }, cancellationToken);
    }

    /// <summary>Removes the substitutes for factors once the last factor is removed.</summary>
    public static async Task ForgetUnusedAsync(UnitOfWork work, Guid userId, CancellationToken cancellationToken)
    {
        if ((await OfAsync(work.Connection, userId, cancellationToken)).Enabled)
        {
            return;
        }

        await work.ExecuteAsync(
            """
            delete from recovery_codes where user_id = @userId;
            delete from trusted_devices where user_id = @userId;
            delete from login_challenges where user_id = @userId;
            """,
            new { userId }, cancellationToken);
    }
}
