using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Identity.Accounts.BreachedPasswords;

namespace LinkShort.Identity.Tests;

/// <summary>Attacks from other networks. Each test has its own networks, because attempts are counted by network.</summary>
public sealed class AbuseTests(IdentityApplication identity)
{
    private const string Login = "/api/v1/auth/login";
    private const string Register = "/api/v1/auth/register";
    private const string Wrong = "Wrong-Horse-7-Battery";

    [Fact]
    public async Task A_stranger_locks_an_account_only_for_their_own_network_and_its_owner_is_notified()
    {
        var account = await identity.RegisterAsync();
        using var stranger = identity.Host.ClientFrom("198.51.100.7");
        using var elsewhere = identity.Host.ClientFrom("203.0.113.9");
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await TryAsync(stranger, account.Email, Wrong);
        }

        using var locked = await TryAsync(stranger, account.Email, Account.Password);
        await locked.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        using var owner = await TryAsync(elsewhere, account.Email, Account.Password);
        owner.StatusCode.ShouldBe(HttpStatusCode.OK);
        var notice = await identity.NoticeAsync(account.Id, SecurityNoticeKinds.LockedOut);
        notice.Network.ShouldBe("198.51.100.0/24");
    }

    [Fact]
    public async Task Strangers_from_everywhere_lock_nobody_out_of_a_place_that_the_account_was_used_from()
    {
        await using var host = identity.Another(("Identity:Throttle:FailuresPerAccount", "8"));
        var account = await identity.RegisterAsync();
        using var home = host.ClientFrom("192.0.2.33");
        using var before = await TryAsync(home, account.Email, Account.Password);
        before.StatusCode.ShouldBe(HttpStatusCode.OK);
        for (var i = 0; i < 12; i++)
        {
            using var stranger = host.ClientFrom($"10.{i}.0.1");
            using var wrong = await TryAsync(stranger, account.Email, Wrong);
        }

        using var another = host.ClientFrom("10.99.0.1");
        using var strange = await TryAsync(another, account.Email, Account.Password);
        await strange.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        strange.Headers.RetryAfter!.Delta!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(1));
        using var after = await TryAsync(home, account.Email, Account.Password);
        after.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_unknown_address_is_locked_like_a_known_one()
    {
        var account = await identity.RegisterAsync();
        foreach (var email in new[] { account.Email, Account.NewEmail() })
        {
            using var client = identity.Host.ClientFrom("198.51.101.7");
            for (var i = 0; i < 4; i++)
            {
                using var wrong = await TryAsync(client, email, Wrong);
                await wrong.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
            }

            using var fifth = await TryAsync(client, email, Wrong);
            await fifth.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        }
    }

    [Theory]
    [InlineData("FailuresPerAddress", "172.16.1.1", "172.16.1.1")]
    [InlineData("FailuresPerNetwork", "172.16.2.1", "172.16.2.77")]
    [InlineData("FailuresPerNetwork", "2001:db8:7:1::1", "2001:db8:7:ffff::9")]
    public async Task One_password_for_many_accounts_ends_in_429_over_replicas_and_restarts(string limit, string first, string second)
    {
        await using (var host = identity.Another(($"Identity:Throttle:{limit}", "6")))
        {
            using var client = host.ClientFrom(first);
            for (var i = 0; i < 6; i++)
            {
                using var wrong = await TryAsync(client, Account.NewEmail(), Wrong);
                wrong.StatusCode.ShouldBe(i < 5 ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests);
            }
        }

        await using var restarted = identity.Another(($"Identity:Throttle:{limit}", "6"));
        var account = await identity.RegisterAsync();
        using var again = restarted.ClientFrom(second);
        using var right = await TryAsync(again, account.Email, Account.Password);
        await right.ShouldBeProblemAsync(HttpStatusCode.TooManyRequests, "rate-limited");
        right.Headers.RetryAfter.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_network_signs_up_so_often_and_asks_for_so_many_taken_addresses()
    {
        await using var host = identity.Another(("Identity:Throttle:SignUpsPerNetwork", "3"), ("Identity:Throttle:TakenEmailsPerNetwork", "2"));
        var taken = await identity.RegisterAsync();
        for (var i = 0; i < 4; i++)
        {
            using var client = host.ClientFrom($"172.17.1.{i + 1}");
            using var response = await client.PostAsJsonAsync(Register, new { email = Account.NewEmail(), password = Account.Password });
            response.StatusCode.ShouldBe(i < 3 ? HttpStatusCode.Created : HttpStatusCode.TooManyRequests);
        }

        for (var i = 0; i < 3; i++)
        {
            using var client = host.ClientFrom($"172.17.2.{i + 1}");
            using var response = await client.PostAsJsonAsync(Register, new { email = taken.Email, password = Account.Password });
            response.StatusCode.ShouldBe(i < 2 ? HttpStatusCode.Conflict : HttpStatusCode.TooManyRequests);
        }
    }

    [Fact]
    public async Task Where_taken_addresses_are_hidden_sign_ups_and_sign_ins_get_the_same_response_and_the_owner_an_email()
    {
        await using var host = identity.Another(("Identity:RevealTakenEmails", "false"));
        var owner = await identity.RegisterAsync();
        using var client = host.CreateClient();
        var fresh = Account.NewEmail();
        foreach (var email in new[] { owner.Email, fresh })
        {
            using var response = await client.PostAsJsonAsync(Register, new { email, password = "Thief-Horse-9-Battery" });
            (await response.ShouldBeAsync<Registered>(HttpStatusCode.Created)).Email.ShouldBe(email);
            using var login = await TryAsync(client, email, "Thief-Horse-9-Battery");
            await login.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        }

        await identity.NoticeAsync(owner.Id, SecurityNoticeKinds.SignUpAttempted);
        var id = await identity.QueryAsync<Guid>("select id from users where normalized_email = @fresh", new { fresh });
        using var verified = await client.PostAsJsonAsync("/api/v1/auth/email/verify", new { token = await identity.VerificationAsync(id) });
        using var now = await TryAsync(client, fresh, "Thief-Horse-9-Battery");
        now.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("Password123!")]
    [InlineData("P@ssw0rd1")]
    [InlineData("Qwerty-2026!")]
    [InlineData("Summer2026!")]
    [InlineData("LinkShort-1")]
    public async Task A_common_password_is_refused_however_it_is_dressed(string password)
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(Register, new { email = Account.NewEmail(), password });
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
    }

    [Fact]
    public async Task An_operators_list_of_breached_passwords_is_searched_in_place()
    {
        var path = Path.GetTempFileName();
        try
        {
            // Lines of different lengths, with matches at the start, at the end and in the middle.
            var passwords = Enumerable.Range(0, 2_000).Select(i => $"Breached-{i}-Horse").ToArray();
            var lines = passwords.Select((password, i) => Hash(password) + ":" + Math.Pow(10, i % 7).ToString(System.Globalization.CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal);
            await File.WriteAllTextAsync(path, string.Join("\r\n", lines));
            using (var file = new SortedHashFile(path))
            {
                passwords.ShouldAllBe(password => file.Contains(password));
                Enumerable.Range(0, 500).ShouldAllBe(i => !file.Contains($"Fine-{i}-Horse"));
            }

            await using var host = identity.Another(("Identity:BreachedPasswordsFile", path));
            using var client = host.CreateClient();
            using var refused = await client.PostAsJsonAsync(Register, new { email = Account.NewEmail(), password = passwords[7] });
            await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
        }
        finally
        {
            File.Delete(path);
        }

#pragma warning disable CA5350 // The format of the list.
        static string Hash(string password) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));
#pragma warning restore CA5350
    }

    [Fact]
    public async Task Disposable_addresses_are_refused_if_configured()
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, "# ours\nthrow.example\n");
            await using var host = identity.Another(("Identity:RefuseDisposableEmail", "true"), ("Identity:DisposableEmailDomainsFile", path));
            using var client = host.CreateClient();
            foreach (var (domain, status) in new[] { ("mailinator.com", 400), ("x.Mailinator.com", 400), ("throw.example", 400), ("notthrow.example", 201) })
            {
                using var response = await client.PostAsJsonAsync(Register, new { email = $"{Guid.NewGuid():N}@{domain}", password = Account.Password });
                ((int)response.StatusCode).ShouldBe(status, domain);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("Identity:BreachedPasswordsFile", "/nowhere/at/all")]
    [InlineData("Identity:DisposableEmailDomainsFile", "/nowhere/at/all")]
    [InlineData("Identity:Throttle:ExemptNetworks", "everywhere")]
    public async Task A_bad_setting_stops_the_start_with_its_name(string key, string value)
    {
        await using var host = identity.Another((key, value));
        Should.Throw<Exception>(() => host.CreateClient()).ToString().ShouldContain(key.Replace(":", "__", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sign_in_from_a_new_place_is_told()
    {
        var account = await identity.RegisterAsync();
        foreach (var address in new[] { "192.0.2.60", "192.0.2.61", "203.0.113.61" })
        {
            using var client = identity.Host.ClientFrom(address);
            using var login = await TryAsync(client, account.Email, Account.Password);
            login.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await identity.NoticeAsync(account.Id, SecurityNoticeKinds.NewSignIn)).Network.ShouldBe("203.0.113.0/24");
        identity.Events.Heard<SecurityNoticeRaised>(e => e.UserId == account.Id && e.Kind == SecurityNoticeKinds.NewSignIn).Count.ShouldBe(1);
    }

    private static Task<HttpResponseMessage> TryAsync(HttpClient client, string email, string password) =>
        client.PostAsJsonAsync(Login, new { email, password });
}
