using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>On servers that these tests stop.</summary>
[Collection(nameof(OutageServers))]
public sealed class SecondFactorOutageTests(OutageServers outage)
{
    [Fact]
    public async Task Without_PostgreSQL_second_factors_get_a_503_and_nothing_is_used_up()
    {
        await outage.StartAllAsync();
        await using var host = IdentityApplication.Start(await IdentityApplication.SettingsAsync(outage.Servers));
        var account = await Account.RegisterAsync(host);
        using var client = await account.SignedInAsync();
        var (app, recoveryCodes) = await client.EnableAppAsync();
        var (challenge, code) = ((await account.ChallengeAsync()).Challenge, app.NextCode());
        var clientDataJSON = Base64Url.EncodeToString("{\"challenge\":\"AAAA\"}"u8);

        await outage.StopAsync(Servers.Postgres);
        foreach (var answer in new Func<Task<HttpResponseMessage>>[]
        {
            () => account.SecondStepAsync(new { challenge, code }),
            () => account.SecondStepAsync(new { challenge, recoveryCode = recoveryCodes[0] }),
            () => client.GetAsync("/api/v1/me/2fa"),
            () => client.PostAsJsonAsync("/api/v1/me/2fa/enable", new { code }),
            () => client.PostAsJsonAsync("/api/v1/me/2fa/disable", new { password = Account.Password, code }),
            () => client.PostAsJsonAsync("/api/v1/me/2fa/recovery-codes", new { password = Account.Password, code }),
            () => client.GetAsync("/api/v1/me/2fa/devices"),
            () => client.GetAsync("/api/v1/me/passkeys"),
            () => client.PostAsync("/api/v1/me/passkeys/options", null),
            () => client.PostAsJsonAsync("/api/v1/auth/passkey/options", new { }),
            () => client.PostAsJsonAsync("/api/v1/auth/passkey", new { credential = new { response = new { clientDataJSON } } }),
        })
        {
            using var response = await answer();
            await response.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable, "unavailable");
        }

        await outage.StartAgainAsync(Servers.Postgres);
        await Eventually.PassesAsync(async () => (await client.GetAsync("/api/v1/me/2fa")).StatusCode.ShouldBe(HttpStatusCode.OK));
        using var second = await account.SecondStepAsync(new { challenge, code });
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var recovery = await account.SecondStepAsync(new { (await account.ChallengeAsync()).Challenge, recoveryCode = recoveryCodes[0] });
        recovery.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
