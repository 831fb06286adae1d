using System.Net;
using System.Net.Http.Json;
using LinkShort.Identity.Factors.TwoFactor;

namespace LinkShort.Identity.Tests;

/// <summary>An authenticator app with the secret from <c>/me/2fa/setup</c>.</summary>
public sealed class AuthenticatorApp(string secret)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    private long _shown;

    /// <summary>A valid code that wasn't used before. Four fit into the tolerance, each valid for at least 30 seconds.</summary>
    public string NextCode()
    {
        var now = Totp.StepAt(TimeProvider.System.GetUtcNow());
        // Not the oldest valid one, which may expire before the request arrives.
        _shown = Math.Max(_shown + 1, now - Totp.Drift + 1);
        _shown.ShouldBeLessThanOrEqualTo(now + Totp.Drift, "the test asks for more codes than are good at one time");
        return CodeAt(_shown);
    }

    public string CodeAt(long step) => Totp.CodeAt(Secret, step);

    /// <summary>Six digits that are wrong throughout the tolerance.</summary>
    public string WrongCode()
    {
        var now = Totp.StepAt(TimeProvider.System.GetUtcNow());
        var right = Enumerable.Range(-10, 30).Select(offset => CodeAt(now + offset)).ToHashSet();
        return Enumerable.Range(0, 100).Select(number => $"{number:D6}").First(code => !right.Contains(code));
    }

    public byte[] Secret => Bytes(secret);

    private static byte[] Bytes(string secret)
    {
        var bits = string.Concat(secret.Select(character => Convert.ToString(Alphabet.IndexOf(character, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }
}

public sealed record SetUp(string Secret, string OtpauthUri, string QrPng);

public sealed record Enabled(string[] RecoveryCodes);

public sealed record Challenged(string Type, string Challenge, string[] Methods, int ExpiresIn);

public sealed record FactorStatus(bool Enabled, DateTimeOffset? AuthenticatorEnabledAt, int Passkeys, int RecoveryCodesLeft, string[] Methods);

public sealed record RememberedTokens(string AccessToken, string RefreshToken, int ExpiresIn, string TokenType, string? DeviceToken);

public sealed record ListedDevice(Guid Id, string? Name, string? Network, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt);

/// <summary>Steps with two factors.</summary>
public static class Factors
{
    public const string SecondStep = "/api/v1/auth/login/2fa";

    /// <summary>An account with an authenticator app, its recovery codes, and a client of the session that enabled it.</summary>
    public static async Task<(Account Account, AuthenticatorApp App, string[] RecoveryCodes, HttpClient Client)> WithAppAsync(this IdentityApplication identity)
    {
        var account = await identity.RegisterAsync();
        var client = await account.SignedInAsync();
        var (app, codes) = await client.EnableAppAsync();
        return (account, app, codes, client);
    }

    public static async Task<(AuthenticatorApp App, string[] RecoveryCodes)> EnableAppAsync(this HttpClient client)
    {
        using var setup = await client.PostAsync("/api/v1/me/2fa/setup", null);
        var app = new AuthenticatorApp((await setup.ShouldBeAsync<SetUp>(HttpStatusCode.OK)).Secret);
        using var enable = await client.PostAsJsonAsync("/api/v1/me/2fa/enable", new { code = app.NextCode() });
        return (app, (await enable.ShouldBeAsync<Enabled>(HttpStatusCode.OK)).RecoveryCodes);
    }

    /// <summary>The right password of an account with two factors.</summary>
    public static async Task<Challenged> ChallengeAsync(this Account account)
    {
        using var response = await account.TryLogInAsync(Account.Password);
        return await response.ShouldBeAsync<Challenged>(HttpStatusCode.Unauthorized);
    }

    public static async Task<HttpResponseMessage> SecondStepAsync(this Account account, object body)
    {
        using var client = account.Host.CreateClient();
        return await client.PostAsJsonAsync(SecondStep, body);
    }
}
