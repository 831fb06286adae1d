using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

/// <summary>Reads the secrets that notification would email to an account.</summary>
public static class MailedSecrets
{
    public static async Task<string> VerificationAsync(this IdentityApplication identity, Guid userId, int nth = 1)
    {
        var mail = await identity.NthAsync<EmailVerificationRequested>(e => e.UserId == userId, nth);
        return identity.Open(mail.SealedToken, nameof(EmailVerificationRequested));
    }

    public static async Task<string> ResetAsync(this IdentityApplication identity, Guid userId, int nth = 1)
    {
        var mail = await identity.NthAsync<PasswordResetRequested>(e => e.UserId == userId, nth);
        return identity.Open(mail.SealedToken, nameof(PasswordResetRequested));
    }

    public static async Task<string> ChangeAsync(this IdentityApplication identity, Guid userId, bool toNewAddress, int nth = 1)
    {
        var mail = await identity.NthAsync<EmailChangeRequested>(e => e.UserId == userId && e.ToNewAddress == toNewAddress, nth);
        return identity.Open(mail.SealedToken, nameof(EmailChangeRequested));
    }

    public static Task<SecurityNoticeRaised> NoticeAsync(this IdentityApplication identity, Guid userId, string kind) =>
        identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == userId && e.Kind == kind);

    /// <summary>An account whose address is verified.</summary>
    public static async Task<Account> RegisterVerifiedAsync(this IdentityApplication identity)
    {
        var account = await identity.RegisterAsync();
        using var client = identity.Host.CreateClient();
        using var verified = await client.PostAsJsonAsync("/api/v1/auth/email/verify", new { token = await identity.VerificationAsync(account.Id) });
        verified.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        return account;
    }

    /// <summary>A client in another network.</summary>
    public static HttpClient ClientFrom(this LinkShort.Testing.ServiceFactory<Program> host, string address)
    {
        var client = host.CreateInternalClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        return client;
    }

    private static string Open(this IdentityApplication identity, string sealedToken, string purpose) =>
        identity.Host.Services.GetRequiredService<SealedText>().Open(sealedToken, purpose);

    private static async Task<T> NthAsync<T>(this IdentityApplication identity, Func<T, bool> which, int nth) where T : class =>
        (await LinkShort.Testing.Eventually.BecomesAsync(
            () => Task.FromResult(identity.Events.Heard(which)), heard => heard.Count >= nth, TimeSpan.FromSeconds(30)))[nth - 1];
}
