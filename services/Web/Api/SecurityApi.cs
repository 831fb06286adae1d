using System.Text.Json;

namespace LinkShort.Web.Api;

/// <summary>The signed-in user's own account: profile, password, factors, devices, sessions.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<Profile>> MeAsync(CancellationToken cancellationToken) =>
        AskAsync<Profile>(HttpMethod.Get, "/me", null, cancellationToken);

    public Task<ApiResult<Profile>> ChangeProfileAsync(ProfileChange change, CancellationToken cancellationToken) =>
        AskAsync<Profile>(HttpMethod.Patch, "/me", change, cancellationToken);

    /// <param name="locale">BCP 47.</param>
    public Task<ApiResult<Profile>> ChangeLanguageAsync(string locale, CancellationToken cancellationToken) =>
        AskAsync<Profile>(HttpMethod.Patch, "/me", new { locale }, cancellationToken);

    /// <param name="state">open, dismissed or completed.</param>
    public Task<ApiResult<Done>> SetOnboardingAsync(string state, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, "/me", new { onboarding = state }, null, cancellationToken);

    public Task<ApiResult<Done>> ChangePasswordAsync(string currentPassword, string newPassword, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/me/password", new { currentPassword, newPassword }, null, cancellationToken);

    public Task<ApiResult<Done>> ChangeEmailAsync(string email, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/me/email", new { email }, null, cancellationToken);

    public Task<ApiResult<TwoFactorState>> TwoFactorAsync(CancellationToken cancellationToken) =>
        AskAsync<TwoFactorState>(HttpMethod.Get, "/me/2fa", null, cancellationToken);

    public Task<ApiResult<AuthenticatorSetup>> SetUpAuthenticatorAsync(CancellationToken cancellationToken) =>
        AskAsync<AuthenticatorSetup>(HttpMethod.Post, "/me/2fa/setup", null, cancellationToken);

    public Task<ApiResult<RecoveryCodeList>> EnableAuthenticatorAsync(string code, CancellationToken cancellationToken) =>
        AskAsync<RecoveryCodeList>(HttpMethod.Post, "/me/2fa/enable", new { code }, cancellationToken);

    /// <param name="code">From the authenticator app. Otherwise a recovery code is required.</param>
    public Task<ApiResult<Done>> DisableAuthenticatorAsync(string password, string? code, string? recoveryCode, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/me/2fa/disable", recoveryCode is null ? (object)new { password, code } : new { password, recoveryCode }, null, cancellationToken);

    /// <param name="code">From the authenticator app. Otherwise a recovery code is required.</param>
    public Task<ApiResult<RecoveryCodeList>> NewRecoveryCodesAsync(string password, string? code, string? recoveryCode, CancellationToken cancellationToken) =>
        AskAsync<RecoveryCodeList>(
            HttpMethod.Post, "/me/2fa/recovery-codes", recoveryCode is null ? (object)new { password, code } : new { password, recoveryCode }, cancellationToken);

    public Task<ApiResult<PageOf<Passkey>>> PasskeysAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<Passkey>>(HttpMethod.Get, "/me/passkeys?limit=200", null, cancellationToken);

    /// <returns>PublicKeyCredentialCreationOptionsJSON, for the browser.</returns>
    public Task<ApiResult<JsonDocument>> NewPasskeyOptionsAsync(CancellationToken cancellationToken) =>
        AskAsync<JsonDocument>(HttpMethod.Post, "/me/passkeys/options", null, cancellationToken);

    public Task<ApiResult<AddedPasskey>> AddPasskeyAsync(JsonElement credential, string name, CancellationToken cancellationToken) =>
        AskAsync<AddedPasskey>(HttpMethod.Post, "/me/passkeys", new { credential, name }, cancellationToken);

    public Task<ApiResult<Done>> RenamePasskeyAsync(Guid id, string name, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, $"/me/passkeys/{id}", new { name }, null, cancellationToken);

    public Task<ApiResult<Done>> RemovePasskeyAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/me/passkeys/{id}", null, null, cancellationToken);

    public Task<ApiResult<PageOf<TrustedDevice>>> TrustedDevicesAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<TrustedDevice>>(HttpMethod.Get, "/me/2fa/devices?limit=200", null, cancellationToken);

    public Task<ApiResult<Done>> ForgetDeviceAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/me/2fa/devices/{id}", null, null, cancellationToken);

    public Task<ApiResult<PageOf<SignIn>>> SignInsAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<SignIn>>(HttpMethod.Get, "/me/sessions?limit=200", null, cancellationToken);

    public Task<ApiResult<Done>> EndSignInAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/me/sessions/{id}", null, null, cancellationToken);

    public Task<ApiResult<Done>> EndOtherSignInsAsync(CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, "/me/sessions", null, null, cancellationToken);
}
