using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

public sealed class TwoFactorTests(IdentityApplication identity)
{
    [Fact]
    public async Task Setup_returns_the_secret_as_text_link_and_QR_code_and_changes_nothing_yet()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var response = await client.PostAsync("/api/v1/me/2fa/setup", null);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var setup = await response.ShouldBeAsync<SetUp>(HttpStatusCode.OK);
        setup.Secret.ShouldMatch("^[A-Z2-7]{32}$");
        setup.OtpauthUri.ShouldBe(
            $"otpauth://totp/LinkShort:{Uri.EscapeDataString(account.Email)}?secret={setup.Secret}&issuer=LinkShort&algorithm=SHA1&digits=6&period=30");
        setup.QrPng.ShouldStartWith("data:image/png;base64,");
        Convert.FromBase64String(setup.QrPng["data:image/png;base64,".Length..])[..8].ShouldBe([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        (await account.LogInAsync()).AccessToken.ShouldNotBeEmpty();
        (await StatusAsync(client)).Enabled.ShouldBeFalse();
    }

    [Fact]
    public async Task With_two_factors_the_password_gets_a_challenge_and_a_code_gets_tokens_that_claim_both()
    {
        var (account, app, codes, client) = await identity.WithAppAsync();
        codes.Length.ShouldBe(10);
        codes.Distinct().Count().ShouldBe(10);
        var status = await StatusAsync(client);
        status.Enabled.ShouldBeTrue();
        status.RecoveryCodesLeft.ShouldBe(10);

        using var first = await account.TryLogInAsync(Account.Password);
        first.Headers.CacheControl!.NoStore.ShouldBeTrue();
        await first.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");
        var challenged = await first.ShouldBeAsync<Challenged>(HttpStatusCode.Unauthorized);
        challenged.Methods.ShouldBe(["totp", "recoveryCode"]);
        challenged.ExpiresIn.ShouldBe(300);

        using var second = await account.SecondStepAsync(new { challenged.Challenge, code = app.NextCode() });
        second.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var tokens = await second.ShouldBeAsync<RememberedTokens>(HttpStatusCode.OK);
        tokens.DeviceToken.ShouldBeNull();
        AmrOf(tokens.AccessToken).ShouldBe(["pwd", "otp", "mfa"], ignoreOrder: true);
        await HeardAuditAsync(account.Id, "twoFactor.enabled");
    }

    [Fact]
    public async Task The_session_that_enabled_it_has_two_factors_from_its_next_tokens_on()
    {
        var account = await identity.RegisterAsync();
        var tokens = await account.LogInAsync();
        AmrOf(tokens.AccessToken).ShouldBe(["pwd"]);
        using var client = account.Host.CreateClient(tokens.AccessToken);
        await client.EnableAppAsync();
        using var refresh = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { tokens.RefreshToken });
        AmrOf((await refresh.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken).ShouldBe(["pwd", "otp", "mfa"], ignoreOrder: true);
    }

    [Fact]
    public async Task Enabling_requires_a_code_of_the_latest_secret()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var early = await client.PostAsJsonAsync("/api/v1/me/2fa/enable", new { code = "123456" });
        await early.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        using var one = await client.PostAsync("/api/v1/me/2fa/setup", null);
        var first = new AuthenticatorApp((await one.ShouldBeAsync<SetUp>(HttpStatusCode.OK)).Secret);
        using var two = await client.PostAsync("/api/v1/me/2fa/setup", null);
        var last = new AuthenticatorApp((await two.ShouldBeAsync<SetUp>(HttpStatusCode.OK)).Secret);
        using var wrong = await client.PostAsJsonAsync("/api/v1/me/2fa/enable", new { code = first.NextCode() });
        await wrong.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "code");
        var code = last.NextCode();
        using var right = await client.PostAsJsonAsync("/api/v1/me/2fa/enable", new { code = $"{code[..3]} {code[3..]}" });
        await right.ShouldBeAsync<Enabled>(HttpStatusCode.OK);
        using var again = await client.PostAsJsonAsync("/api/v1/me/2fa/enable", new { code = last.NextCode() });
        await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        using var another = await client.PostAsync("/api/v1/me/2fa/setup", null);
        await another.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task A_code_works_once_and_so_do_those_before_it()
    {
        var (account, app, _, _) = await identity.WithAppAsync();
        var (older, code) = (app.NextCode(), app.NextCode());
        using var first = await account.SecondStepAsync(new { (await account.ChallengeAsync()).Challenge, code });
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        var challenged = await account.ChallengeAsync();
        using var replay = await account.SecondStepAsync(new { challenged.Challenge, code });
        await replay.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
        using var before = await account.SecondStepAsync(new { challenged.Challenge, code = older });
        await before.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
        using var next = await account.SecondStepAsync(new { challenged.Challenge, code = app.NextCode() });
        next.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Of_many_uses_of_one_code_at_once_one_wins()
    {
        var (account, app, _, _) = await identity.WithAppAsync();
        var challenges = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            challenges.Add((await account.ChallengeAsync()).Challenge);
        }

        var code = app.NextCode();
        var answers = await Task.WhenAll(challenges.Select(async challenge =>
        {
            using var response = await account.SecondStepAsync(new { challenge, code });
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.OK).ShouldBe(1);
    }

    [Fact]
    public async Task A_challenge_works_once_and_not_after_five_minutes_nor_after_the_password_changed()
    {
        var (account, app, _, _) = await identity.WithAppAsync();
        var used = await account.ChallengeAsync();
        using var first = await account.SecondStepAsync(new { used.Challenge, code = app.NextCode() });
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        // The code is valid throughout: the challenge is refused, before the code is checked.
        var code = app.NextCode();
        using var replay = await account.SecondStepAsync(new { used.Challenge, code });
        await replay.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-challenge");

        var old = await account.ChallengeAsync();
        await identity.ExecuteAsync("update login_challenges set expires_at = now() - interval '1 second' where user_id = @Id", new { account.Id });
        using var late = await account.SecondStepAsync(new { old.Challenge, code });
        await late.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-challenge");

        var before = await account.ChallengeAsync();
        await identity.ExecuteAsync("update users set security_stamp = 'changed' where id = @Id", new { account.Id });
        using var after = await account.SecondStepAsync(new { before.Challenge, code });
        await after.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-challenge");
    }

    [Fact]
    public async Task An_account_deleted_during_the_sign_in_is_not_signed_in()
    {
        var (account, app, _, _) = await identity.WithAppAsync();
        var challenged = await account.ChallengeAsync();
        await identity.ExecuteAsync("delete from workspaces where personal_of = @Id; delete from users where id = @Id;", new { account.Id });
        using var response = await account.SecondStepAsync(new { challenged.Challenge, code = app.NextCode() });
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-challenge");
    }

    [Fact]
    public async Task Other_users_factors_are_not_affected()
    {
        var (ada, _, _, _) = await identity.WithAppAsync();
        var (_, _, codes, eve) = await identity.WithAppAsync();
        using var disabled = await eve.PostAsJsonAsync("/api/v1/me/2fa/disable", new { password = Account.Password, recoveryCode = codes[0] });
        disabled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ada.ChallengeAsync()).Methods.ShouldContain("totp");
        (await StatusAsync(eve)).Enabled.ShouldBeFalse();
    }

    [Fact]
    public async Task A_challenge_requires_a_code_of_its_own_user()
    {
        var (ada, _, _, _) = await identity.WithAppAsync();
        var (_, eves, evesCodes, _) = await identity.WithAppAsync();
        var challenged = await ada.ChallengeAsync();
        using var code = await ada.SecondStepAsync(new { challenged.Challenge, code = eves.NextCode() });
        await code.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
        using var recovery = await ada.SecondStepAsync(new { challenged.Challenge, recoveryCode = evesCodes[0] });
        await recovery.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
    }

    [Fact]
    public async Task A_challenge_has_five_tries_even_concurrently()
    {
        var (account, _, _, _) = await identity.WithAppAsync();
        var challenged = await account.ChallengeAsync();
        var wrong = await Task.WhenAll(Enumerable.Range(0, 12).Select(async _ =>
        {
            // Recovery codes have no wait, so only the challenge's own limit applies.
            using var response = await account.SecondStepAsync(new { challenged.Challenge, recoveryCode = "0000-0000-0000-0000" });
            return (await response.ShouldBeAsync<Problem>(HttpStatusCode.Unauthorized)).Type;
        }));
        wrong.Count(type => type == "/problems/invalid-code").ShouldBe(5);
        wrong.Count(type => type == "/problems/invalid-challenge").ShouldBe(7);
    }

    [Fact]
    public async Task Wrong_codes_make_the_account_wait_longer_and_longer_but_not_for_a_recovery_code()
    {
        var (account, app, codes, client) = await identity.WithAppAsync();
        var challenged = await account.ChallengeAsync();
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await account.SecondStepAsync(new { challenged.Challenge, code = app.WrongCode() });
            await wrong.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
        }

        // Neither a new challenge nor the right code helps, and other endpoints refuse as well.
        challenged = await account.ChallengeAsync();
        using var blocked = await account.SecondStepAsync(new { challenged.Challenge, code = app.NextCode() });
        await blocked.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");
        blocked.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30));
        using var disable = await client.PostAsJsonAsync("/api/v1/me/2fa/disable", new { password = Account.Password, code = app.NextCode() });
        await disable.ShouldBeProblemAsync(HttpStatusCode.Locked, "locked-out");

        var waits = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            await identity.ExecuteAsync("update factor_attempts set blocked_until = now() - interval '1 second' where user_id = @Id", new { account.Id });
            challenged = await account.ChallengeAsync();
            using var wrong = await account.SecondStepAsync(new { challenged.Challenge, code = app.WrongCode() });
            await wrong.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
            waits.Add(await identity.QueryAsync<double>(
                "select round(extract(epoch from blocked_until - now()) / 30)::float8 from factor_attempts where user_id = @Id", new { account.Id }));
        }

        waits.ShouldBe([2, 4, 8, 16, 32, 64, 120, 120, 120]);
        using var recovery = await account.SecondStepAsync(new { challenged.Challenge, recoveryCode = codes[0] });
        recovery.StatusCode.ShouldBe(HttpStatusCode.OK);

        await identity.ExecuteAsync("update factor_attempts set blocked_until = now() - interval '1 second' where user_id = @Id", new { account.Id });
        using var right = await account.SecondStepAsync(new { (await account.ChallengeAsync()).Challenge, code = app.NextCode() });
        right.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await identity.QueryAsync<long>("select count(*) from factor_attempts where user_id = @Id", new { account.Id })).ShouldBe(0);
    }

    [Fact]
    public async Task A_recovery_code_works_once_in_any_spelling_and_the_owner_hears_of_it()
    {
        var (account, _, codes, client) = await identity.WithAppAsync();
        var challenged = await account.ChallengeAsync();
        using var first = await account.SecondStepAsync(new { challenged.Challenge, recoveryCode = codes[3].Replace('-', ' ').ToLowerInvariant() });
        AmrOf((await first.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken).ShouldBe(["pwd", "otp", "mfa"], ignoreOrder: true);
        challenged = await account.ChallengeAsync();
        using var replay = await account.SecondStepAsync(new { challenged.Challenge, recoveryCode = codes[3] });
        await replay.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
        (await StatusAsync(client)).RecoveryCodesLeft.ShouldBe(9);
        await HeardAuditAsync(account.Id, "recoveryCode.used");
        await identity.Events.HearsAsync<SecurityNoticeRaised>(notice => notice.UserId == account.Id && notice.Kind == SecurityNoticeKinds.RecoveryCodeUsed);
    }

    [Fact]
    public async Task Of_two_uses_of_one_recovery_code_at_once_exactly_one_wins()
    {
        var (account, _, codes, _) = await identity.WithAppAsync();
        for (var round = 0; round < 5; round++)
        {
            var challenges = new[] { await account.ChallengeAsync(), await account.ChallengeAsync() };
            var answers = await Task.WhenAll(challenges.Select(async each =>
            {
                using var response = await account.SecondStepAsync(new { each.Challenge, recoveryCode = codes[round] });
                return response.StatusCode;
            }));
            answers.ShouldBe([HttpStatusCode.OK, HttpStatusCode.Unauthorized], ignoreOrder: true);
        }
    }

    [Fact]
    public async Task New_recovery_codes_need_password_and_code_and_replace_the_old_ones()
    {
        var (account, app, old, client) = await identity.WithAppAsync();
        using var wrong = await client.PostAsJsonAsync("/api/v1/me/2fa/recovery-codes", new { password = "Wrong-Horse-7-Battery", code = app.NextCode() });
        await wrong.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
        using var guessed = await client.PostAsJsonAsync("/api/v1/me/2fa/recovery-codes", new { password = Account.Password, code = app.WrongCode() });
        await guessed.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "code");
        using var right = await client.PostAsJsonAsync("/api/v1/me/2fa/recovery-codes", new { password = Account.Password, code = app.NextCode() });
        var codes = (await right.ShouldBeAsync<Enabled>(HttpStatusCode.OK)).RecoveryCodes;
        codes.Length.ShouldBe(10);
        codes.ShouldAllBe(code => !old.Contains(code));
        var challenged = await account.ChallengeAsync();
        using var replaced = await account.SecondStepAsync(new { challenged.Challenge, recoveryCode = old[0] });
        await replaced.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
        using var works = await account.SecondStepAsync(new { challenged.Challenge, recoveryCode = codes[0] });
        works.StatusCode.ShouldBe(HttpStatusCode.OK);
        await HeardAuditAsync(account.Id, "recoveryCodes.regenerated");
        await identity.Events.HearsAsync<SecurityNoticeRaised>(notice => notice.UserId == account.Id && notice.Kind == SecurityNoticeKinds.RecoveryCodesRegenerated);
    }

    [Fact]
    public async Task Disabling_needs_password_and_code_and_the_password_alone_signs_in_again()
    {
        var (account, app, codes, client) = await identity.WithAppAsync();
        foreach (var (body, field) in new (object, string)[]
        {
            (new { password = Account.Password }, "code"),
            (new { password = Account.Password, code = app.WrongCode() }, "code"),
            (new { password = Account.Password, recoveryCode = "0000-0000-0000-0000" }, "recoveryCode"),
            (new { password = Account.Password, code = "123456", recoveryCode = codes[0] }, "code"),
            (new { password = "Wrong-Horse-7-Battery", code = app.NextCode() }, "password"),
        })
        {
            using var refused = await client.PostAsJsonAsync("/api/v1/me/2fa/disable", body);
            await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        }

        using var disabled = await client.PostAsJsonAsync("/api/v1/me/2fa/disable", new { password = Account.Password, code = app.NextCode() });
        disabled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await account.LogInAsync()).AccessToken.ShouldNotBeEmpty();
        (await identity.QueryAsync<long>("select count(*) from recovery_codes where user_id = @Id", new { account.Id })).ShouldBe(0);
        await HeardAuditAsync(account.Id, "twoFactor.disabled");
        await identity.Events.HearsAsync<SecurityNoticeRaised>(notice => notice.UserId == account.Id && notice.Kind == SecurityNoticeKinds.TwoFactorDisabled);
        // Turned on again, with another app.
        (await client.EnableAppAsync()).RecoveryCodes.Length.ShouldBe(10);
    }

    [Fact]
    public async Task Who_lost_the_phone_disables_with_a_recovery_code()
    {
        var (_, _, codes, client) = await identity.WithAppAsync();
        using var disabled = await client.PostAsJsonAsync("/api/v1/me/2fa/disable", new { password = Account.Password, recoveryCode = codes[9] });
        disabled.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_trusted_device_skips_the_second_factor_until_it_is_forgotten()
    {
        var (account, app, _, client) = await identity.WithAppAsync();
        using var remember = await account.SecondStepAsync(new { (await account.ChallengeAsync()).Challenge, code = app.NextCode(), rememberDevice = true });
        var token = (await remember.ShouldBeAsync<RememberedTokens>(HttpStatusCode.OK)).DeviceToken.ShouldNotBeNull();

        using var skipped = await LogInAsync(account, token);
        AmrOf((await skipped.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken).ShouldBe(["pwd", "mfa"], ignoreOrder: true);
        using var wrongPassword = await LogInAsync(account, token, "Wrong-Horse-7-Battery");
        await wrongPassword.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-credentials");
        foreach (var other in new[] { "", "x", new string('A', 43), new string('A', 5000), token[..^1] + (token[^1] == 'A' ? 'E' : 'A') })
        {
            using var refused = await LogInAsync(account, other);
            await refused.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");
        }

        var (eve, _, _, evesClient) = await identity.WithAppAsync();
        using var borrowed = await LogInAsync(eve, token);
        await borrowed.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");

        using var list = await client.GetAsync("/api/v1/me/2fa/devices");
        var device = (await list.ShouldBeAsync<Listed<ListedDevice>>(HttpStatusCode.OK)).Items.ShouldHaveSingleItem();
        (device.ExpiresAt - device.CreatedAt).ShouldBe(TimeSpan.FromDays(30));
        using var notHers = await evesClient.DeleteAsync($"/api/v1/me/2fa/devices/{device.Id}");
        await notHers.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var forgotten = await client.DeleteAsync($"/api/v1/me/2fa/devices/{device.Id}");
        forgotten.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var asked = await LogInAsync(account, token);
        await asked.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");
    }

    [Theory]
    [InlineData("update trusted_devices set expires_at = now() - interval '1 second' where user_id = @Id")]
    [InlineData("update users set security_stamp = 'changed' where id = @Id")]
    public async Task A_device_is_trusted_for_thirty_days_or_until_the_password_changes(string sql)
    {
        var (account, app, _, _) = await identity.WithAppAsync();
        using var remember = await account.SecondStepAsync(new { (await account.ChallengeAsync()).Challenge, code = app.NextCode(), rememberDevice = true });
        var token = (await remember.ShouldBeAsync<RememberedTokens>(HttpStatusCode.OK)).DeviceToken!;
        await identity.ExecuteAsync(sql, new { account.Id });
        using var asked = await LogInAsync(account, token);
        await asked.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");
    }

    [Fact]
    public async Task Nothing_that_signs_in_rests_readable_in_the_database()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var response = await client.PostAsync("/api/v1/me/2fa/setup", null);
        var setup = await response.ShouldBeAsync<SetUp>(HttpStatusCode.OK);
        var app = new AuthenticatorApp(setup.Secret);
        using var enable = await client.PostAsJsonAsync("/api/v1/me/2fa/enable", new { code = app.NextCode() });
        var codes = (await enable.ShouldBeAsync<Enabled>(HttpStatusCode.OK)).RecoveryCodes;
        using var remember = await account.SecondStepAsync(new { (await account.ChallengeAsync()).Challenge, code = app.NextCode(), rememberDevice = true });
        var deviceToken = (await remember.ShouldBeAsync<RememberedTokens>(HttpStatusCode.OK)).DeviceToken!;
        var challenge = (await account.ChallengeAsync()).Challenge;

        foreach (var table in new[] { "authenticators", "recovery_codes", "trusted_devices", "login_challenges", "outbox" })
        {
            var rows = await identity.QueryAsync<string>($"select coalesce(string_agg(t::text, '\n'), '') from {table} t");
            foreach (var secret in new[] { setup.Secret, codes[0], codes[0].Replace("-", ""), deviceToken, challenge })
            {
                rows.ShouldNotContain(secret, Case.Insensitive, table);
            }

            rows.ShouldNotContain(Convert.ToHexStringLower(app.Secret), Case.Insensitive, table);
        }
    }

    [Fact]
    public async Task Secrets_outlive_a_rotation_of_the_key_ring_and_move_to_the_new_key_in_every_replica()
    {
        var settings = await IdentityApplication.SettingsAsync(identity.Servers);
        Account account;
        AuthenticatorApp app;
        await using (var before = IdentityApplication.Start(settings))
        {
            account = await Account.RegisterAsync(before);
            using var client = await account.SignedInAsync();
            (app, _) = await client.EnableAppAsync();
            var now = TimeProvider.System.GetUtcNow();
            before.Services.GetRequiredService<IKeyManager>().CreateNewKey(now, now.AddDays(90));
        }

        await using var one = IdentityApplication.Start(settings);
        await using var two = IdentityApplication.Start(settings);
        await using var database = Npgsql.NpgsqlDataSource.Create(settings["ConnectionStrings:identitydb"]!);
        var first = await SecretAsync();
        (await LogInAtAsync(one)).ShouldBe(HttpStatusCode.OK);
        var moved = await SecretAsync();
        // A protected payload starts with a header and the id of its key.
        moved[..20].ShouldNotBe(first[..20]);
        (await LogInAtAsync(two)).ShouldBe(HttpStatusCode.OK);
        (await SecretAsync()).ShouldBe(moved);

        async Task<byte[]> SecretAsync()
        {
            await using var command = database.CreateCommand("select secret from authenticators");
            return (byte[])(await command.ExecuteScalarAsync())!;
        }

        async Task<HttpStatusCode> LogInAtAsync(ServiceFactory<Program> replica)
        {
            var there = account with { Host = replica };
            using var response = await there.SecondStepAsync(new { (await there.ChallengeAsync()).Challenge, code = app.NextCode() });
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Somebody_elses_secret_in_ones_own_row_opens_nothing()
    {
        var (ada, app, _, _) = await identity.WithAppAsync();
        var (eve, _, _, _) = await identity.WithAppAsync();
        await identity.ExecuteAsync(
            "update authenticators set secret = (select secret from authenticators where user_id = @Ada), last_step = 0 where user_id = @Eve",
            new { Ada = ada.Id, Eve = eve.Id });
        using var copied = await eve.SecondStepAsync(new { (await eve.ChallengeAsync()).Challenge, code = app.NextCode() });
        await copied.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-code");
    }

    [Theory]
    [InlineData("""{}""", "challenge")]
    [InlineData("""{"challenge":""}""", "challenge")]
    [InlineData("""{"challenge":"x"}""", "code")]
    [InlineData("""{"challenge":"x","code":"12345"}""", "code")]
    [InlineData("""{"challenge":"x","code":"abcdef"}""", "code")]
    [InlineData("""{"challenge":"x","code":123456}""", "code")]
    [InlineData("""{"challenge":"x","recoveryCode":""}""", "recoveryCode")]
    [InlineData("""{"challenge":"x","code":"123456","recoveryCode":"0000-0000-0000-0000"}""", "code")]
    [InlineData("""{"challenge":"x","code":"123456","credential":{}}""", "credential")]
    [InlineData("""{"challenge":"x","credential":"text"}""", "credential")]
    [InlineData("""{"challenge":"x","code":"123456","rememberDevice":"yes"}""", "rememberDevice")]
    [InlineData("""{"challenge":"x","code":"123456","remember":true}""", "remember")]
    public async Task Bad_input_at_the_second_step_names_the_field(string json, string field)
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostRawAsync(Factors.SecondStep, json);
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("' or 1=1 --")]
    public async Task An_unknown_challenge_gives_no_access(string challenge)
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(Factors.SecondStep, new { challenge, code = "123456" });
        await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-challenge");
    }

    private static async Task<FactorStatus> StatusAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/api/v1/me/2fa");
        return await response.ShouldBeAsync<FactorStatus>(HttpStatusCode.OK);
    }

    private static async Task<HttpResponseMessage> LogInAsync(Account account, string deviceToken, string password = Account.Password)
    {
        using var client = account.Host.CreateClient();
        return await client.PostAsJsonAsync("/api/v1/auth/login", new { account.Email, password, deviceToken });
    }

    private static string[] AmrOf(string accessToken) => new JsonWebToken(accessToken).GetClaim("amr").Value.Split(' ');

    private Task<AuditRecorded> HeardAuditAsync(Guid actor, string action) =>
        identity.Events.HearsAsync<AuditRecorded>(entry => entry.ActorId == actor && entry.Action == action);
}
