using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>The state of an account in identity, as far as pages show it. Tests read and change it.</summary>
internal sealed class AccountState
{
    public string? TimeZone { get; set; }

    /// <summary>The lifetime of access tokens issued from now on.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Delays refreshes, so that other requests can interfere.</summary>
    public TimeSpan RefreshDuration { get; set; }

    /// <summary>Providers that can sign in to the account.</summary>
    public List<(Guid Id, string Provider, string Name)> Linked { get; } = [];

    public string? Theme { get; set; }

    public string Onboarding { get; set; } = "dismissed";

    /// <summary>Whether the feature flag applies to the user.</summary>
    public bool HasTour { get; set; } = true;

    public JsonArray? Consents { get; set; }

    /// <summary>The authentication methods of the session: pwd, otp, pop, mfa.</summary>
    public HashSet<string> Methods { get; } = ["pwd"];

    public Guid Session { get; } = Guid.CreateVersion7();

    /// <summary>Null without an authenticator app. The current code, which works once.</summary>
    public string? TotpCode { get; set; }

    public DateTimeOffset? TotpSince { get; set; }

    /// <summary>Set up, but not yet turned on.</summary>
    public string? TotpSecret { get; set; }

    public List<string> RecoveryCodes { get; } = [];

    public List<JsonObject> Passkeys { get; } = [];

    public Dictionary<string, Guid> DeviceTokens { get; } = [];

    public List<JsonObject> Devices { get; } = [];

    public List<JsonObject> Sessions { get; } = [];

    /// <summary>Whether the sign-in counts as recent.</summary>
    public bool IsRecent { get; set; } = true;

    /// <summary>Whether only the workspace's single sign-on vouches for the session.</summary>
    public bool IsLimited { get; set; }

    public List<string> MailsAsked { get; } = [];

    public string? NewEmail { get; set; }

    public bool TwoFactors => TotpSince is not null || Passkeys.Count > 0;
}

internal sealed partial class FakeApi
{
    internal sealed partial class Account
    {
        public AccountState State { get; } = new();
    }

    public const string ConsentVersion = "2026-11-22";

    private readonly Dictionary<string, Account> _challenges = [];
    private readonly HashSet<string> _passkeyChallenges = [];
    private readonly List<AccessRevoked> _revocations = [];

    /// <summary>One-time secrets of emails, with their accounts.</summary>
    public Dictionary<string, Account> MailTokens { get; } = [];

    /// <summary>Publishes a revocation, as identity does; the fake API then refuses the tokens.</summary>
    private void Announce(Account account)
    {
        var now = TimeProvider.System.GetUtcNow();
        lock (_lock)
        {
            _revocations.Add(new AccessRevoked(Guid.CreateVersion7(now), RevocationKinds.User, account.Id.ToString(), now, now.AddMinutes(10)));
        }
    }

    /// <summary>Creates a secret as in an email.</summary>
    public string MailToken(Account account)
    {
        var token = RandomNumberGenerator.GetHexString(43, lowercase: true);
        MailTokens[token] = account;
        return token;
    }

    private Account? TakeMailToken(JsonObject body) => MailTokens.Remove(Text(body, "token") ?? "", out var account) ? account : null;

    private void MapAccount()
    {
        var auth = _app.MapGroup("/api/v1/auth");
        auth.MapGet("/consents", (string? locale) => Results.Json(new
        {
            consents = new[]
            {
                locale == "ar"
                    ? new { purpose = "terms", version = ConsentVersion, required = true, text = "قرأت شروط الاستخدام.", language = "ar" }
                    : new { purpose = "terms", version = ConsentVersion, required = true, text = "I have read the terms of use and keep to them.", language = "en" },
                new { purpose = "privacy", version = ConsentVersion, required = true, text = "I have read the privacy notice.", language = "en" },
                new { purpose = "product-mail", version = ConsentVersion, required = false, text = "LinkShort may write to me about new features.", language = "en" },
            },
        }));
        auth.MapPost("/email/verify", (JsonObject body) =>
        {
            if (TakeMailToken(body) is not { } account)
            {
                return Problem(410, "token-invalid");
            }

            account.EmailVerified = true;
            return Results.NoContent();
        });
        auth.MapPost("/email/resend", (JsonObject body) => Asked(body, "verify"));
        auth.MapPost("/password/forgot", (JsonObject body) => Asked(body, "reset"));
        auth.MapPost("/password/reset", (JsonObject body) =>
        {
            if ((Text(body, "password") ?? "").Length < 8)
            {
                return Invalid("password", "At least 8 characters.");
            }

            if (TakeMailToken(body) is not { } account)
            {
                return Problem(410, "token-invalid");
            }

            account.Password = Text(body, "password")!;
            account.FamilyRevoked = true;
            RevokeAccess(account);
            return Results.NoContent();
        });
        MapEmailChange(auth);
        MapProfile(_app.MapGroup("/api/v1/me"));
    }

    private void MapEmailChange(RouteGroupBuilder auth)
    {
        auth.MapPost("/email/change/confirm", (JsonObject body) =>
        {
            if (TakeMailToken(body) is not { State.NewEmail: { } email } account)
            {
                return Problem(410, "token-invalid");
            }

            if (MailTokens.ContainsValue(account))
            {
                return Results.Json(new { changed = false });
            }

            _accounts.TryRemove(account.Email, out _);
            account.Email = email;
            _accounts[email] = account;
            RevokeAccess(account);
            return Results.Json(new { changed = true });
        });
        auth.MapPost("/email/change/cancel", (JsonObject body) =>
        {
            if (TakeMailToken(body) is not { } account)
            {
                return Problem(410, "token-invalid");
            }

            account.State.NewEmail = null;
            return Results.NoContent();
        });
    }

    private void MapProfile(RouteGroupBuilder me)
    {
        me.MapGet("/", (HttpRequest request) => WithCaller(request, account => Results.Json(ProfileOf(account))));
        me.MapPatch("/", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            if (body["timeZone"] is { } zone && zone.GetValue<string>() != "UTC" && !zone.GetValue<string>().Contains('/', StringComparison.Ordinal))
            {
                return Invalid("timeZone", "The IANA name of a time zone.");
            }

            var state = account.State;
            account.Name = body.ContainsKey("name") ? Text(body, "name") : account.Name;
            account.Locale = Text(body, "locale") ?? account.Locale;
            state.TimeZone = body.ContainsKey("timeZone") ? Text(body, "timeZone") : state.TimeZone;
            state.Theme = body.ContainsKey("theme") ? Text(body, "theme") : state.Theme;
            state.Onboarding = Text(body, "onboarding") ?? state.Onboarding;
            return Results.Json(ProfileOf(account));
        }));
        me.MapGet("/features", (HttpRequest request) => WithCaller(request, account => Results.Json(new
        {
            features = new Dictionary<string, object> { ["onboarding-tour"] = new { enabled = account.State.HasTour, variant = (string?)null } },
        })));
        me.MapPost("/password", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            if (Text(body, "currentPassword") != account.Password)
            {
                return Invalid("currentPassword", "Wrong password.");
            }

            account.Password = Text(body, "newPassword")!;
            return Results.NoContent();
        }));
        me.MapPost("/email", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            if (!account.State.IsRecent)
            {
                return Problem(403, "recent-sign-in-required");
            }

            account.State.NewEmail = Text(body, "email");
            return Results.NoContent();
        }));
        MapSessions(me);
    }

    private void MapSessions(RouteGroupBuilder me)
    {
        me.MapGet("/sessions", (HttpRequest request) => WithCaller(request, account => Items(
        [
            new JsonObject
            {
                ["id"] = account.State.Session, ["current"] = true, ["methods"] = new JsonArray("pwd"), ["browser"] = "Firefox", ["os"] = "Linux", ["device"] = "desktop",
                ["network"] = "203.0.113.0/24", ["country"] = "DE", ["city"] = "Hamburg",
                ["createdAt"] = TimeProvider.System.GetUtcNow().AddHours(-2), ["lastUsedAt"] = TimeProvider.System.GetUtcNow(),
            },
            .. account.State.Sessions,
        ], session => WithDefaults(session, ("workspaceId", CurrentOf(account).Id), ("expiresAt", TimeProvider.System.GetUtcNow().AddDays(30))))));
        me.MapDelete("/sessions", (HttpRequest request) => WithCaller(request, account =>
        {
            account.State.Sessions.Clear();
            return Results.NoContent();
        }));
        me.MapDelete("/sessions/{id:guid}", (HttpRequest request, Guid id) => WithCaller(request, account => Removed(account.State.Sessions, id)));
        _app.MapGet("/internal/revocations", () =>
        {
            lock (_lock)
            {
                return Results.Json(new CurrentRevocations("1", [.. _revocations]));
            }
        });
    }

    private IResult WithCaller(HttpRequest request, Func<Account, IResult> then) => Caller(request) is { } account ? then(account) : Problem(401, "unauthorized");

    /// <param name="show">The item as the API returns it; unchanged by default.</param>
    private static IResult Items(IEnumerable<JsonObject> items, Func<JsonObject, JsonObject>? show = null) =>
        Results.Json(new JsonObject { ["items"] = Shown(items, show), ["nextCursor"] = null });

    private static JsonArray Shown(IEnumerable<JsonObject> items, Func<JsonObject, JsonObject>? show = null) =>
        new([.. items.Select(item => show is null ? item.DeepClone() : show(item))]);

    /// <summary>A copy with the members that the row lacks.</summary>
    private static JsonObject WithDefaults(JsonObject row, params ReadOnlySpan<(string Name, JsonNode? Value)> members)
    {
        var complete = (JsonObject)row.DeepClone();
        foreach (var (name, value) in members)
        {
            complete.TryAdd(name, value);
        }

        return complete;
    }

    private static IResult Removed(List<JsonObject> rows, Guid id) =>
        rows.RemoveAll(row => row["id"]!.GetValue<Guid>() == id) > 0 ? Results.NoContent() : Problem(404, "not-found");

    private object ProfileOf(Account account) => new
    {
        id = account.Id,
        email = account.Email,
        emailVerified = account.EmailVerified,
        name = account.Name,
        locale = account.Locale,
        timeZone = account.State.TimeZone,
        theme = account.State.Theme,
        onboarding = account.State.Onboarding,
        workspaceId = CurrentOf(account).Id,
        role = CurrentOf(account).MemberOf(account)!.Role,
        plan = "free",
        createdAt = TimeProvider.System.GetUtcNow().AddDays(-40),
        updatedAt = TimeProvider.System.GetUtcNow(),
        version = 1,
    };

    private IResult Asked(JsonObject body, string what)
    {
        if (_accounts.TryGetValue(Text(body, "email") ?? "", out var account))
        {
            account.State.MailsAsked.Add(what);
        }

        return (Text(body, "email") ?? "").Contains('@', StringComparison.Ordinal) ? Results.NoContent() : Invalid("email", "This is not an e-mail address.");
    }

    private IResult LogIn(JsonObject body)
    {
        if (!_accounts.TryGetValue(Text(body, "email") ?? "", out var account) || account.Password != Text(body, "password"))
        {
            return Problem(401, "invalid-credentials");
        }

        account.State.Methods.Clear();
        account.State.Methods.Add("pwd");
        if (!account.State.TwoFactors)
        {
            return TokensFor(account);
        }

        if (Text(body, "deviceToken") is { } device && account.State.DeviceTokens.ContainsKey(device))
        {
            account.State.Methods.Add("mfa");
            return TokensFor(account);
        }

        var challenge = RandomNumberGenerator.GetHexString(43, lowercase: true);
        _challenges[challenge] = account;
        var passkey = account.State.Passkeys.Count > 0 ? JsonSerializer.Serialize(RequestOptions(account)) : "null";
        return Problem(401, "two-factor-required", $"""
            "challenge":"{challenge}","methods":{JsonSerializer.Serialize(MethodsOf(account.State))},"expiresIn":300,"passkeyOptions":{passkey}
            """);
    }

    private static string[] MethodsOf(AccountState state) =>
    [
        .. state.TotpSince is null ? (string[])[] : ["totp"],
        .. state.Passkeys.Count == 0 ? (string[])[] : ["passkey"],
        .. state.RecoveryCodes.Count == 0 ? (string[])[] : ["recoveryCode"],
    ];

    private bool UseFactor(Account account, JsonObject body)
    {
        var state = account.State;
        if (Text(body, "code") is { } code)
        {
            var right = state.TotpSince is not null && code.Replace(" ", "", StringComparison.Ordinal) == state.TotpCode;
            state.TotpCode = right ? null : state.TotpCode;
            return right;
        }

        return Text(body, "recoveryCode") is { } recovery && state.RecoveryCodes.Remove(recovery);
    }
}
