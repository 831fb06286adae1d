using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;

namespace LinkShort.Identity.Tests;

public sealed class PasswordResetTests(IdentityApplication identity)
{
    private const string Forgot = "/api/v1/auth/password/forgot";
    private const string Reset = "/api/v1/auth/password/reset";
    private const string NewPassword = "Other-Horse-8-Battery";

    [Fact]
    public async Task The_mails_secret_sets_a_password_once_and_ends_every_session()
    {
        var account = await identity.RegisterAsync();
        var session = await account.LogInAsync();
        using var client = identity.Host.CreateClient();
        var token = await ForgotAsync(client, account);

        // A refused password doesn't use it up.
        using var weak = await client.PostAsJsonAsync(Reset, new { token, password = "Password123!" });
        await weak.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async i =>
        {
            using var response = await client.PostAsJsonAsync(Reset, new { token, password = NewPassword + i });
            return (i, response.StatusCode);
        }));
        var winner = answers.Where(answer => answer.StatusCode == HttpStatusCode.NoContent).ShouldHaveSingleItem().i;
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Gone).ShouldBe(3);
        using var replay = await client.PostAsJsonAsync(Reset, new { token, password = NewPassword });
        await replay.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");

        using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = session.RefreshToken });
        refreshed.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var old = await account.TryLogInAsync(Account.Password);
        old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var now = await account.TryLogInAsync(NewPassword + winner);
        now.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await identity.QueryAsync<long>("select count(*) from revocations where kind = 'user' and subject = @Subject", new { Subject = account.Id.ToString() }))
            .ShouldBe(1);
        (await identity.NoticeAsync(account.Id, SecurityNoticeKinds.PasswordChanged)).Email.ShouldBe(account.Email);
        // The link was emailed, so the address is verified too.
        (await identity.QueryAsync<bool>("select email_confirmed from users where id = @Id", new { account.Id })).ShouldBeTrue();
    }

    [Fact]
    public async Task Of_several_mails_each_works_until_one_was_used_or_they_expire()
    {
        var account = await identity.RegisterAsync();
        using var client = identity.Host.CreateClient();
        var first = await ForgotAsync(client, account);
        using var again = await client.PostAsJsonAsync(Forgot, new { email = account.Email });
        var second = await identity.ResetAsync(account.Id, nth: 2);
        using var used = await client.PostAsJsonAsync(Reset, new { token = first, password = NewPassword });
        used.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var other = await client.PostAsJsonAsync(Reset, new { token = second, password = NewPassword });
        await other.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");

        using var third = await client.PostAsJsonAsync(Forgot, new { email = account.Email });
        var expired = await identity.ResetAsync(account.Id, nth: 3);
        await identity.ExecuteAsync("update password_resets set expires_at = now() where user_id = @Id and used_at is null", new { account.Id });
        using var late = await client.PostAsJsonAsync(Reset, new { token = expired, password = NewPassword });
        await late.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");
    }

    [Fact]
    public async Task An_unknown_address_gets_the_same_response_and_no_email()
    {
        using var client = identity.Host.CreateClient();
        var account = await identity.RegisterAsync();
        using var unknown = await client.PostAsJsonAsync(Forgot, new { email = Account.NewEmail() });
        using var known = await client.PostAsJsonAsync(Forgot, new { email = account.Email });
        unknown.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        known.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        unknown.Headers.Select(header => header.Key).ShouldBe(known.Headers.Select(header => header.Key));
        await identity.ResetAsync(account.Id);
    }

    [Fact]
    public async Task The_creator_of_an_account_with_another_persons_address_keeps_no_access()
    {
        // The attacker signs up with the victim's address and creates a key; the victim resets the password.
        var account = await identity.RegisterAsync();
        using var thief = await account.SignedInAsync();
        using var key = await thief.PostAsJsonAsync("/api/v1/api-keys", new { name = "backdoor", scopes = new[] { "links:read" } });
        var created = await key.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        using var client = identity.Host.CreateInternalClient();
        using var reset = await client.PostAsJsonAsync(Reset, new { token = await ForgotAsync(client, account), password = NewPassword });
        reset.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        using var exchanged = await client.PostAsJsonAsync("/internal/api-keys/exchange", new { key = created.Key });
        exchanged.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await identity.Events.HearsAsync<ApiKeyRevoked>(e => e.KeyId == created.Id);
    }

    [Fact]
    public async Task A_password_reset_unlocks_the_account()
    {
        var account = await identity.RegisterAsync();
        using var client = identity.Host.CreateClient();
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await account.TryLogInAsync("Wrong-Horse-7-Battery");
        }

        using var locked = await account.TryLogInAsync(Account.Password);
        locked.StatusCode.ShouldBe(HttpStatusCode.Locked);
        using var reset = await client.PostAsJsonAsync(Reset, new { token = await ForgotAsync(client, account), password = NewPassword });
        reset.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var right = await account.TryLogInAsync(NewPassword);
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_own_password_is_changed_by_who_knows_it_and_other_sessions_end()
    {
        var account = await identity.RegisterAsync();
        var other = await account.LogInAsync();
        var own = await account.LogInAsync();
        using var client = identity.Host.CreateClient(own.AccessToken);
        using var wrong = await client.PostAsJsonAsync("/api/v1/me/password", new { currentPassword = "Wrong-Horse-7-Battery", newPassword = NewPassword });
        await wrong.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "currentPassword");
        using var same = await client.PostAsJsonAsync("/api/v1/me/password", new { currentPassword = Account.Password, newPassword = Account.Password });
        await same.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "newPassword");
        using var weak = await client.PostAsJsonAsync("/api/v1/me/password", new { currentPassword = Account.Password, newPassword = "Summer2026!" });
        await weak.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "newPassword");

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
        {
            using var response = await client.PostAsJsonAsync("/api/v1/me/password", new { currentPassword = Account.Password, newPassword = NewPassword + i });
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.NoContent).ShouldBe(1);

        using var ended = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = other.RefreshToken });
        ended.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var kept = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = own.RefreshToken });
        kept.StatusCode.ShouldBe(HttpStatusCode.OK);
        await identity.NoticeAsync(account.Id, SecurityNoticeKinds.PasswordChanged);
    }

    [Fact]
    public async Task Wrong_current_passwords_lock_as_those_of_sign_ins_do()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        for (var i = 0; i < 4; i++)
        {
            using var wrong = await client.PostAsJsonAsync("/api/v1/me/email", new { email = Account.NewEmail(), password = "Wrong-Horse-7-Battery" });
            await wrong.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
        }

        using var fifth = await client.PostAsJsonAsync("/api/v1/me/password", new { currentPassword = "Wrong-Horse-7-Battery", newPassword = NewPassword });
        await fifth.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        fifth.Headers.RetryAfter.ShouldNotBeNull();
    }

    private async Task<string> ForgotAsync(HttpClient client, Account account)
    {
        using var response = await client.PostAsJsonAsync(Forgot, new { email = account.Email });
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        return await identity.ResetAsync(account.Id);
    }
}
