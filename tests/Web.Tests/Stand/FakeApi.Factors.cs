using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>
/// Second factors. Of passkeys, only challenge and credential are compared; identity's tests cover signatures.
/// </summary>
internal sealed partial class FakeApi
{
    private const string Picture = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==";

    public static string[] TenCodes() =>
        [.. Enumerable.Range(0, 10).Select(_ => string.Join('-', RandomNumberGenerator.GetString("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 16).Chunk(4).Select(part => new string(part))))];

    /// <summary>An account with an authenticator app that shows this code.</summary>
    public static void AddAuthenticator(Account account, string code)
    {
        account.State.TotpSince = TimeProvider.System.GetUtcNow().AddDays(-3);
        account.State.TotpCode = code;
        account.State.RecoveryCodes.AddRange(TenCodes());
    }

    private void MapFactors()
    {
        var auth = _app.MapGroup("/api/v1/auth");
        auth.MapPost("/login/2fa", (JsonObject body) =>
        {
            if (!_challenges.TryGetValue(Text(body, "challenge") ?? "", out var account))
            {
                return Problem(401, "invalid-challenge");
            }

            if (body["credential"] is JsonObject credential)
            {
                if (OwnerOf(credential) != account)
                {
                    return Problem(401, "invalid-passkey");
                }
            }
            else if (!UseFactor(account, body))
            {
                return Problem(401, "invalid-code");
            }

            _challenges.Remove(Text(body, "challenge")!);
            account.State.Methods.Add("mfa");
            string? device = null;
            if (body["rememberDevice"]?.GetValue<bool>() == true)
            {
                device = RandomNumberGenerator.GetHexString(43, lowercase: true);
                var id = Guid.CreateVersion7();
                account.State.DeviceTokens[device] = id;
                account.State.Devices.Add(new JsonObject
                {
                    ["id"] = id, ["name"] = "Chrome, Linux", ["network"] = "203.0.113.0/24", ["createdAt"] = TimeProvider.System.GetUtcNow(),
                    ["lastUsedAt"] = TimeProvider.System.GetUtcNow(), ["expiresAt"] = TimeProvider.System.GetUtcNow().AddDays(30),
                });
            }

            return TokensFor(account, device);
        });
        auth.MapPost("/passkey/options", () => Results.Json(RequestOptions(null)));
        auth.MapPost("/passkey", (JsonObject body) => body["credential"] is JsonObject credential && OwnerOf(credential) is { } account
            ? Proved(account, "pop", "mfa")
            : Problem(401, "invalid-passkey"));
        MapConfirmation(auth);
        MapTwoFactor(_app.MapGroup("/api/v1/me/2fa"));
        MapPasskeys(_app.MapGroup("/api/v1/me/passkeys"));
    }

    private void MapConfirmation(RouteGroupBuilder auth)
    {
        auth.MapPost("/confirm", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            if (body["credential"] is JsonObject credential)
            {
                return OwnerOf(credential) == account ? Confirmed(account, "pop", "mfa") : Problem(401, "invalid-passkey");
            }

            if (Text(body, "password") != account.Password)
            {
                return Problem(401, "invalid-credentials");
            }

            if (body["code"] is null && body["recoveryCode"] is null)
            {
                return account.State.TwoFactors ? Problem(401, "two-factor-required") : Confirmed(account, "pwd");
            }

            return UseFactor(account, body) ? Confirmed(account, "otp", "mfa") : Problem(401, "invalid-code");
        }));
    }

    private void MapTwoFactor(RouteGroupBuilder factors)
    {
        factors.MapGet("/", (HttpRequest request) => WithCaller(request, account => Results.Json(new
        {
            enabled = account.State.TwoFactors,
            authenticatorEnabledAt = account.State.TotpSince,
            passkeys = account.State.Passkeys.Count,
            recoveryCodesLeft = account.State.RecoveryCodes.Count,
            methods = MethodsOf(account.State),
        })));
        factors.MapPost("/setup", (HttpRequest request) => WithCaller(request, account =>
        {
            if (!account.State.IsRecent)
            {
                return Problem(403, "recent-sign-in-required");
            }

            account.State.TotpSecret = RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32);
            return Results.Json(new
            {
                secret = account.State.TotpSecret,
                otpauthUri = $"otpauth://totp/LinkShort:{Uri.EscapeDataString(account.Email)}?secret={account.State.TotpSecret}&issuer=LinkShort",
                qrPng = Picture,
            });
        }));
        factors.MapPost("/enable", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            if (account.State.TotpSecret is null)
            {
                return Problem(409, "conflict");
            }

            if (Text(body, "code") != account.State.TotpCode)
            {
                return Invalid("code", "This code is wrong. Check that the phone's clock is set automatically.");
            }

            account.State.TotpSince = TimeProvider.System.GetUtcNow();
            account.State.Methods.Add("mfa");
            return NewCodes(account);
        }));
        factors.MapPost("/disable", (HttpRequest request, JsonObject body) => WithPassword(request, body, account =>
        {
            account.State.TotpSince = null;
            return Results.NoContent();
        }));
        factors.MapPost("/recovery-codes", (HttpRequest request, JsonObject body) => WithPassword(request, body, NewCodes));
        factors.MapGet("/devices", (HttpRequest request) => WithCaller(request, account => Items(account.State.Devices)));
        factors.MapDelete("/devices/{id:guid}", (HttpRequest request, Guid id) => WithCaller(request, account =>
        {
            foreach (var token in account.State.DeviceTokens.Where(device => device.Value == id).Select(device => device.Key).ToArray())
            {
                account.State.DeviceTokens.Remove(token);
            }

            return Removed(account.State.Devices, id);
        }));
    }

    private void MapPasskeys(RouteGroupBuilder passkeys)
    {
        passkeys.MapGet("/", (HttpRequest request) => WithCaller(request, account => Items(account.State.Passkeys, Shown)));
        passkeys.MapPost("/options", (HttpRequest request) => WithCaller(request, account => account.State.IsRecent
            ? Results.Json(new
            {
                rp = new { name = "LinkShort", id = "localhost" },
                user = new { id = Base64Url.EncodeToString(account.Id.ToByteArray()), name = account.Email, displayName = account.Name ?? account.Email },
                challenge = NewChallenge(),
                pubKeyCredParams = new[] { new { type = "public-key", alg = -7 }, new { type = "public-key", alg = -257 } },
                timeout = 300_000,
                excludeCredentials = Descriptors(account),
                authenticatorSelection = new { residentKey = "required", requireResidentKey = true, userVerification = "preferred" },
                attestation = "none",
            })
            : Problem(403, "recent-sign-in-required")));
        MapPasskeyChanges(passkeys);
    }

    private void MapPasskeyChanges(RouteGroupBuilder passkeys)
    {
        passkeys.MapPost("/", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            if (string.IsNullOrEmpty(Text(body, "name")))
            {
                return Invalid("name", "This is required.");
            }

            if (body["credential"] is not JsonObject credential || !WasAsked(credential))
            {
                return Invalid("credential", "Not a valid response to options issued within the last five minutes.");
            }

            var isFirst = !account.State.TwoFactors;
            account.State.Passkeys.Add(new JsonObject
            {
                ["id"] = Guid.CreateVersion7(), ["credentialId"] = Text(credential, "id"), ["name"] = Text(body, "name"), ["backedUp"] = false,
                ["createdAt"] = TimeProvider.System.GetUtcNow(), ["lastUsedAt"] = null,
            });
            account.State.Methods.Add("mfa");
            var codes = isFirst ? TenCodes() : null;
            account.State.RecoveryCodes.AddRange(codes ?? []);
            return Results.Json(new { id = Guid.CreateVersion7(), name = Text(body, "name"), backedUp = false, createdAt = TimeProvider.System.GetUtcNow(), recoveryCodes = codes }, statusCode: 201);
        }));
        passkeys.MapPatch("/{id:guid}", (HttpRequest request, Guid id, JsonObject body) => WithCaller(request, account =>
        {
            if (account.State.Passkeys.Find(row => row["id"]!.GetValue<Guid>() == id) is not { } passkey)
            {
                return Problem(404, "not-found");
            }

            if (string.IsNullOrEmpty(Text(body, "name")))
            {
                return Invalid("name", "This is required.");
            }

            passkey["name"] = Text(body, "name");
            return Results.Json(Shown(passkey));
        }));
        passkeys.MapDelete("/{id:guid}", (HttpRequest request, Guid id) => WithCaller(request, account =>
            account.State.IsRecent ? Removed(account.State.Passkeys, id) : Problem(403, "recent-sign-in-required")));
    }

    private static JsonObject Shown(JsonObject passkey)
    {
        var shown = (JsonObject)passkey.DeepClone();
        shown.Remove("credentialId");
        return shown;
    }

    private static IResult NewCodes(Account account)
    {
        account.State.RecoveryCodes.Clear();
        account.State.RecoveryCodes.AddRange(TenCodes());
        return Results.Json(new { recoveryCodes = account.State.RecoveryCodes.ToArray() });
    }

    private IResult WithPassword(HttpRequest request, JsonObject body, Func<Account, IResult> then) => WithCaller(request, account =>
        Text(body, "password") != account.Password ? Invalid("password", "Wrong password.")
        : UseFactor(account, body) ? then(account)
        : Invalid(body["code"] is null ? "recoveryCode" : "code", "This code is wrong or was already used."));

    private IResult Proved(Account account, params string[] methods)
    {
        account.State.Methods.Clear();
        account.State.Methods.UnionWith(methods);
        return TokensFor(account);
    }

    private IResult Confirmed(Account account, params string[] methods)
    {
        account.State.IsRecent = true;
        account.State.IsLimited = false;
        account.State.Methods.UnionWith(methods);
        // Replaced rather than reused.
        foreach (var token in account.RefreshTokens.Where(token => token.Value).Select(token => token.Key).ToArray())
        {
            account.RefreshTokens.TryRemove(token, out _);
        }

        return TokensFor(account);
    }

    private string NewChallenge()
    {
        var challenge = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        lock (_lock)
        {
            _passkeyChallenges.Add(challenge);
        }

        return challenge;
    }

    private object RequestOptions(Account? account) => new
    {
        challenge = NewChallenge(),
        timeout = 300_000,
        rpId = "localhost",
        allowCredentials = account is null ? [] : Descriptors(account),
        userVerification = account is null ? "required" : "preferred",
    };

    private static object[] Descriptors(Account account) =>
        [.. account.State.Passkeys.Select(passkey => new { type = "public-key", id = Text(passkey, "credentialId") })];

    private bool WasAsked(JsonObject credential)
    {
        using var client = JsonDocument.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(credential["response"]!["clientDataJSON"]!.GetValue<string>())));
        lock (_lock)
        {
            return _passkeyChallenges.Remove(client.RootElement.GetProperty("challenge").GetString()!);
        }
    }

    private Account? OwnerOf(JsonObject credential) => WasAsked(credential)
        ? _accounts.Values.FirstOrDefault(account => account.State.Passkeys.Any(passkey => Text(passkey, "credentialId") == Text(credential, "id")))
        : null;
}
