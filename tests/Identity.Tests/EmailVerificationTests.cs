using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;

namespace LinkShort.Identity.Tests;

public sealed class EmailVerificationTests(IdentityApplication identity)
{
    private const string Verify = "/api/v1/auth/email/verify";
    private const string Resend = "/api/v1/auth/email/resend";

    [Fact]
    public async Task The_mails_secret_verifies_the_address_once()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.EmailVerified.ShouldBeFalse();
        var token = await identity.VerificationAsync(account.Id);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using var response = await client.PostAsJsonAsync(Verify, new { token });
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(status => status == HttpStatusCode.Gone).ShouldBe(7);
        (await client.GetFromJsonAsync<Profile>("/api/v1/me"))!.EmailVerified.ShouldBeTrue();
        using var replay = await client.PostAsJsonAsync(Verify, new { token });
        await replay.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");
    }

    [Fact]
    public async Task After_a_resend_only_the_newest_secret_is_valid_and_verified_addresses_get_none()
    {
        var account = await identity.RegisterAsync();
        using var client = identity.Host.CreateClient();
        var first = await identity.VerificationAsync(account.Id);
        await ResendAsync(account.Email.ToUpperInvariant());
        var second = await identity.VerificationAsync(account.Id, nth: 2);
        using var old = await client.PostAsJsonAsync(Verify, new { token = first });
        await old.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");
        using var current = await client.PostAsJsonAsync(Verify, new { token = second });
        current.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        await ResendAsync(account.Email);
        await ResendAsync(Account.NewEmail());
        // Requests are handled in order: once a later email has arrived, these have sent none.
        var later = await identity.RegisterAsync();
        await ResendAsync(later.Email);
        await identity.VerificationAsync(later.Id, nth: 2);
        identity.Events.Heard<EmailVerificationRequested>(e => e.UserId == account.Id).Count.ShouldBe(2);

        async Task ResendAsync(string email)
        {
            using var response = await client.PostAsJsonAsync(Resend, new { email });
            response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }
    }

    [Fact]
    public async Task An_address_gets_three_emails_an_hour_and_the_response_does_not_reveal_it()
    {
        var account = await identity.RegisterAsync();
        using var client = identity.Host.CreateClient();
        for (var i = 0; i < 6; i++)
        {
            using var response = await client.PostAsJsonAsync(Resend, new { email = account.Email });
            response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        var later = await identity.RegisterAsync();
        using var other = await client.PostAsJsonAsync(Resend, new { email = later.Email });
        await identity.VerificationAsync(later.Id, nth: 2);
        identity.Events.Heard<EmailVerificationRequested>(e => e.UserId == account.Id).Count.ShouldBe(1 + 3);
    }

    [Fact]
    public async Task An_expired_secret_and_one_for_a_former_address_are_refused()
    {
        var account = await identity.RegisterAsync();
        using var client = identity.Host.CreateClient();
        var token = await identity.VerificationAsync(account.Id);
        await identity.ExecuteAsync("update email_verifications set normalized_email = 'somebody@else.example' where user_id = @Id", new { account.Id });
        using var former = await client.PostAsJsonAsync(Verify, new { token });
        await former.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");
        await identity.ExecuteAsync(
            "update email_verifications set normalized_email = @Email, expires_at = now() - interval '1 second' where user_id = @Id", new { account.Email, account.Id });
        using var expired = await client.PostAsJsonAsync(Verify, new { token });
        await expired.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");
        (await identity.QueryAsync<bool>("select email_confirmed from users where id = @Id", new { account.Id })).ShouldBeFalse();
    }

    [Fact]
    public async Task No_secret_rests_in_the_database()
    {
        var account = await identity.RegisterAsync();
        var token = await identity.VerificationAsync(account.Id);
        (await identity.QueryAsync<long>("select count(*) from outbox where body::text like '%' || @token || '%'", new { token })).ShouldBe(0);
        (await identity.QueryAsync<int>("select length(token_hash) from email_verifications where user_id = @Id", new { account.Id })).ShouldBe(32);
    }
}
