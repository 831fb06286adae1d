using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;

namespace LinkShort.Identity.Tests;

public sealed class EmailChangeTests(IdentityApplication identity)
{
    private const string Confirm = "/api/v1/auth/email/change/confirm";
    private const string Cancel = "/api/v1/auth/email/change/cancel";

    private sealed record Confirmed(bool Changed);

    [Fact]
    public async Task The_address_changes_when_both_have_confirmed_whichever_first()
    {
        foreach (var newFirst in new[] { true, false })
        {
            var (account, email) = await RequestAsync();
            var asked = new[] { await identity.ChangeAsync(account.Id, newFirst), await identity.ChangeAsync(account.Id, !newFirst) };
            (await ConfirmAsync(asked[0])).ShouldBeFalse();
            (await AddressAsync(account)).ShouldBe((account.Email, true));
            using var replay = await PostAsync(Confirm, asked[0]);
            await replay.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");
            (await ConfirmAsync(asked[1])).ShouldBeTrue();
            (await AddressAsync(account)).ShouldBe((email, true));

            using var old = await account.TryLogInAsync(Account.Password);
            old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            await (account with { Email = email }).LogInAsync();
            await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == account.Id && e.Email == account.Email && e.Detail == email);
            await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == account.Id && e.Email == email && e.Detail == email);
        }
    }

    [Fact]
    public async Task Two_concurrent_confirmations_change_the_address_once()
    {
        var (account, email) = await RequestAsync();
        var tokens = new[] { await identity.ChangeAsync(account.Id, true), await identity.ChangeAsync(account.Id, false) };
        var answers = await Task.WhenAll(tokens.Concat(tokens).Concat(tokens).Select(async token =>
        {
            using var response = await PostAsync(Confirm, token);
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.OK).ShouldBe(2);
        answers.Count(status => status == HttpStatusCode.Gone).ShouldBe(4);
        (await AddressAsync(account)).Email.ShouldBe(email);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Either_address_can_cancel_even_after_it_has_confirmed(bool byNewAddress)
    {
        var (account, _) = await RequestAsync();
        var mine = await identity.ChangeAsync(account.Id, byNewAddress);
        var theirs = await identity.ChangeAsync(account.Id, !byNewAddress);
        (await ConfirmAsync(mine)).ShouldBeFalse();
        using var cancelled = await PostAsync(Cancel, mine);
        cancelled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var late = await PostAsync(Confirm, theirs);
        await late.ShouldBeProblemAsync(HttpStatusCode.Gone, "token-invalid");
        using var again = await PostAsync(Cancel, theirs);
        again.StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await AddressAsync(account)).Email.ShouldBe(account.Email);
    }

    [Fact]
    public async Task A_newer_request_a_new_password_and_expiry_end_a_pending_change()
    {
        var (account, _) = await RequestAsync();
        var first = await identity.ChangeAsync(account.Id, true);
        await RequestAsync(account);
        using var replaced = await PostAsync(Confirm, first);
        replaced.StatusCode.ShouldBe(HttpStatusCode.Gone);

        var second = await identity.ChangeAsync(account.Id, true, nth: 2);
        using (var client = await account.SignedInAsync())
        {
            using var changed = await client.PostAsJsonAsync("/api/v1/me/password", new { currentPassword = Account.Password, newPassword = "Other-Horse-8-Battery" });
            changed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        using var ended = await PostAsync(Confirm, second);
        ended.StatusCode.ShouldBe(HttpStatusCode.Gone);

        var (other, _) = await RequestAsync();
        await identity.ExecuteAsync("update email_changes set expires_at = now() where user_id = @Id", new { other.Id });
        using var expired = await PostAsync(Confirm, await identity.ChangeAsync(other.Id, true));
        expired.StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task An_address_of_another_account_gets_the_same_response_and_its_owner_is_notified()
    {
        var victim = await identity.RegisterVerifiedAsync();
        var account = await identity.RegisterVerifiedAsync();
        using var client = await account.SignedInAsync();
        using var response = await client.PostAsJsonAsync("/api/v1/me/email", new { email = victim.Email, password = Account.Password });
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await identity.NoticeAsync(victim.Id, SecurityNoticeKinds.SignUpAttempted);
        (await ConfirmAsync(await identity.ChangeAsync(account.Id, toNewAddress: false))).ShouldBeFalse();
        identity.Events.Heard<EmailChangeRequested>(e => e.Email == victim.Email).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_address_that_gets_an_account_in_the_meantime_is_not_taken_from_it()
    {
        var (account, email) = await RequestAsync();
        using var client = identity.Host.CreateClient();
        using var other = await client.PostAsJsonAsync("/api/v1/auth/register", new { email, password = Account.Password });
        other.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await ConfirmAsync(await identity.ChangeAsync(account.Id, false))).ShouldBeFalse();
        var token = await identity.ChangeAsync(account.Id, true);
        using var taken = await PostAsync(Confirm, token);
        await taken.ShouldBeProblemAsync(HttpStatusCode.Conflict, "email-taken");
        using var over = await PostAsync(Confirm, token);
        over.StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await AddressAsync(account)).Email.ShouldBe(account.Email);
    }

    [Fact]
    public async Task An_unverified_old_address_need_not_confirm()
    {
        var account = await identity.RegisterAsync();
        var (_, email) = await RequestAsync(account);
        (await ConfirmAsync(await identity.ChangeAsync(account.Id, true))).ShouldBeTrue();
        (await AddressAsync(account)).ShouldBe((email, true));
        identity.Events.Heard<EmailChangeRequested>(e => e.UserId == account.Id).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("victim@example.com\r\nBcc: all@example.com")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData("a@b.example, c@d.example")]
    public async Task An_invalid_address_is_refused(string email)
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var response = await client.PostAsJsonAsync("/api/v1/me/email", new { email, password = Account.Password });
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "email");
        foreach (var path in new[] { "/api/v1/auth/password/forgot", "/api/v1/auth/email/resend" })
        {
            using var other = await client.PostAsJsonAsync(path, new { email });
            await other.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "email");
        }
    }

    private async Task<(Account Account, string Email)> RequestAsync(Account? account = null)
    {
        account ??= await identity.RegisterVerifiedAsync();
        var email = Account.NewEmail();
        using var client = await account.SignedInAsync();
        using var response = await client.PostAsJsonAsync("/api/v1/me/email", new { email, password = Account.Password });
        response.StatusCode.ShouldBe(HttpStatusCode.NoContent, await response.Content.ReadAsStringAsync());
        return (account, email);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string token)
    {
        using var client = identity.Host.CreateClient();
        return await client.PostAsJsonAsync(path, new { token });
    }

    private async Task<bool> ConfirmAsync(string token)
    {
        using var response = await PostAsync(Confirm, token);
        return (await response.ShouldBeAsync<Confirmed>(HttpStatusCode.OK)).Changed;
    }

    private Task<(string Email, bool Verified)> AddressAsync(Account account) =>
        identity.QueryAsync<(string, bool)>("select email, email_confirmed from users where id = @Id", new { account.Id });
}
