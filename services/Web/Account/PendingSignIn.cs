using System.Text.Json;
using LinkShort.Web.Api;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Account;

/// <summary>A sign-in with the right password that waits for the second factor.</summary>
/// <param name="Methods">totp, passkey, recoveryCode; the most usual first.</param>
/// <param name="PasskeyOptions">PublicKeyCredentialRequestOptionsJSON; null without a passkey.</param>
public sealed record PendingSignIn(
    string Email, string Challenge, IReadOnlyList<string> Methods, JsonElement? PasskeyOptions, DateTimeOffset EndsAt, string? ReturnUrl, string? Url)
{
    /// <summary>Reads the problem <c>two-factor-required</c>; null for any other.</summary>
    public static PendingSignIn? Of(ApiProblem problem, AccountEndpoints.AccountForm form, string email, DateTimeOffset now)
    {
        if (problem is not { Slug: "two-factor-required", Members: { } members }
            || !members.TryGetProperty("challenge", out var challenge) || challenge.GetString() is not { Length: > 0 } secret)
        {
            return null;
        }

        var methods = members.TryGetProperty("methods", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(method => method.GetString() ?? "").ToArray() : [];
        var seconds = members.TryGetProperty("expiresIn", out var expires) && expires.TryGetInt32(out var given) ? given : 300;
        JsonElement? passkey = members.TryGetProperty("passkeyOptions", out var options) && options.ValueKind == JsonValueKind.Object ? options : null;
        return new PendingSignIn(email, secret, methods, passkey, now.AddSeconds(seconds), form.ReturnUrl, form.Url);
    }
}

/// <summary>The cookie with the name of the visitor's <see cref="PendingSignIn"/>.</summary>
public static class PendingCookie
{
    private const string Name = "linkshort-signin";

    public static async Task StartAsync(HttpContext context, SealedNotes notes, PendingSignIn pending, TimeSpan lifetime) =>
        HostCookie.Write(context, Name, await notes.StoreAsync(pending, lifetime), lifetime);

    public static Task<PendingSignIn?> FindAsync(HttpContext context, SealedNotes notes) => notes.FindAsync<PendingSignIn>(HostCookie.Read(context, Name));

    public static async Task EndAsync(HttpContext context, SealedNotes notes)
    {
        await notes.TakeAsync<PendingSignIn>(HostCookie.Read(context, Name));
        HostCookie.Delete(context, Name);
    }
}
