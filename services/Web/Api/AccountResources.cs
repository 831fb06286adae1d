using System.Text.Json;
using System.Text.Json.Serialization;

namespace LinkShort.Web.Api;

/// <param name="ExpiresIn">Seconds.</param>
/// <param name="DeviceToken">Only if it was requested.</param>
public sealed record Tokens(string AccessToken, string RefreshToken, int ExpiresIn, string? DeviceToken = null);

public sealed record ConsentTexts(IReadOnlyList<ConsentText> Consents);

/// <param name="Language">Of the text: the requested one, or English.</param>
public sealed record ConsentText(string Purpose, string Version, bool Required, string Text, string? Language = null);

public sealed record ConsentChoice(string Purpose, string Version, bool Granted);

/// <param name="Locale">The language of the account's mails and pages.</param>
/// <param name="InvitationToken">Verifies the address, and makes the account a member of the workspace.</param>
public sealed record Registration(
    string Email,
    string Password,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
    string Locale,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ConsentChoice>? Consents = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? InvitationToken = null);

/// <summary>The second factor of a sign-in: the challenge, and one of the three.</summary>
public sealed record FactorAnswer(
    string Challenge,
    bool RememberDevice,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RecoveryCode,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Credential);

/// <summary>A password, plus a code if the account has two factors; or a passkey's response alone.</summary>
public sealed record Confirmation(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Password = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RecoveryCode = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] JsonElement? Credential = null);

/// <param name="Changed">False: the other address still has to confirm.</param>
public sealed record EmailChangeAnswer(bool Changed);

/// <param name="WorkspaceId">Of the session.</param>
/// <param name="Onboarding">open, dismissed or completed.</param>
public sealed record Profile(
    string Email,
    string? Name,
    bool EmailVerified,
    string Locale,
    string? TimeZone,
    string? Theme,
    string? Onboarding,
    Guid WorkspaceId,
    string? Role);

public sealed record ProfileChange(string? Name, string Locale, string? TimeZone, string? Theme);

/// <param name="Methods">totp, passkey, recoveryCode.</param>
public sealed record TwoFactorState(bool Enabled, DateTimeOffset? AuthenticatorEnabledAt, int Passkeys, int RecoveryCodesLeft, IReadOnlyList<string> Methods);

/// <param name="Secret">Base32, for manual entry.</param>
/// <param name="QrPng">The URI as a QR code: a data URI.</param>
public sealed record AuthenticatorSetup(string Secret, string OtpauthUri, string QrPng);

/// <summary>Shown once.</summary>
public sealed record RecoveryCodeList(IReadOnlyList<string> RecoveryCodes);

public sealed record Passkey(Guid Id, string Name, bool BackedUp, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);

/// <param name="RecoveryCodes">Only for the account's first second factor; shown once.</param>
public sealed record AddedPasskey(Guid Id, string Name, IReadOnlyList<string>? RecoveryCodes);

public sealed record TrustedDevice(Guid Id, string? Name, string? Network, DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt, DateTimeOffset ExpiresAt);

public sealed record SignIn(
    Guid Id, bool Current, IReadOnlyList<string> Methods, string? Browser, string? Os, string? Device, string? Network, string? Country, string? City,
    DateTimeOffset CreatedAt, DateTimeOffset LastUsedAt);
