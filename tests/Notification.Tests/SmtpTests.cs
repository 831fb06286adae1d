using LinkShort.Testing;

namespace LinkShort.Notification.Tests;

public sealed class SmtpTests(NotificationFixture fixture)
{
    [Theory]
    [InlineData("starttls", true)]
    [InlineData("starttls", false)]
    [InlineData("tls", true)]
    [InlineData("none", true)]
    public async Task A_mail_server_accepts_the_email(string security, bool plain)
    {
        await using var server = new SmtpStandIn { ImplicitTls = security == "tls", OffersPlain = plain };
        await using var service = await fixture.StartAsync(server.Settings(security));

        var user = await service.RegisterAsync(locale: "fr", name: "Zoë");

        var received = (await Eventually.BecomesAsync(() => Task.FromResult(server.To(user.Email)), mails => mails.Count > 0)).ShouldHaveSingleItem();
        received.From.ShouldBe("no-reply@example.com");
        received.Encrypted.ShouldBe(security != "none");
        received.User.ShouldBe(SmtpStandIn.User);
        var mail = ParsedMail.Of(received.Message);
        mail.Header("From").ShouldBe("LinkShort <no-reply@example.com>");
        mail.Header("To").ShouldBe($"Zoë <{user.Email}>");
        mail.Text.ShouldContain("Bonjour Zoë,");
        Directory.Exists(Path.Combine(service.Folder, "mail")).ShouldBeFalse();
    }

    [Fact]
    public async Task Emails_queued_during_an_outage_are_sent_once_afterwards()
    {
        await using var server = new SmtpStandIn();
        await server.StopAsync();
        await using var service = await fixture.StartAsync(server.Settings("starttls"));
        var users = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => service.RegisterAsync()));
        await Eventually.PassesAsync(async () =>
            (await Task.WhenAll(users.Select(user => service.MailOfAsync(user.UserId)))).ShouldSatisfyAllConditions(
                mails => mails.ShouldAllBe(mail => mail.State == "queued"),
                mails => mails.ShouldContain(mail => mail.Error != null),
                mails => mails.ShouldAllBe(mail => mail.Attempts == 0, "An outage costs no mail an attempt.")));

        server.StartAgain();

        await Eventually.PassesAsync(() =>
        {
            server.Received.Select(mail => mail.To).Order().ShouldBe(users.Select(user => user.Email).Order());
            return Task.CompletedTask;
        }, TimeSpan.FromSeconds(20));
        foreach (var user in users)
        {
            await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).State.ShouldBe("sent"));
        }
    }

    [Fact]
    public async Task A_refused_recipient_blocks_no_other_and_is_not_retried()
    {
        await using var server = new SmtpStandIn { Judge = to => to.StartsWith("nobody", StringComparison.Ordinal) ? "550 5.1.1 no such user" : null };
        await using var service = await fixture.StartAsync(server.Settings("starttls"));

        var refused = await service.RegisterAsync(email: "nobody@example.org");
        var taken = await service.RegisterAsync();

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(taken.UserId)).State.ShouldBe("sent"));
        await Eventually.PassesAsync(async () => (await service.MailOfAsync(refused.UserId)).ShouldBe(("failed", 1, "550 5.1.1 no such user")));
        server.Commands.Count(command => command.Contains("nobody", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_deferred_email_waits_while_others_are_sent()
    {
        await using var server = new SmtpStandIn { Judge = to => to.StartsWith("grey", StringComparison.Ordinal) ? "451 4.7.1 come back later" : null };
        await using var service = await fixture.StartAsync(server.Settings("starttls"));

        var deferred = await service.RegisterAsync(email: "grey@example.org");
        var taken = await service.RegisterAsync();
        await Eventually.PassesAsync(async () => (await service.MailOfAsync(taken.UserId)).State.ShouldBe("sent"));
        await Eventually.PassesAsync(async () => (await service.MailOfAsync(deferred.UserId)).ShouldBe(("queued", 1, "451 4.7.1 come back later")));
        (await service.QueryAsync("select next_attempt_at > now() + interval '50 seconds' from outgoing_mail where user_id = $1", deferred.UserId)).ShouldBe(true);

        server.Judge = _ => null;
        await service.QueryAsync("update outgoing_mail set next_attempt_at = now() where user_id = $1", deferred.UserId);

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(deferred.UserId)).State.ShouldBe("sent"));
        server.To("grey@example.org").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Without_the_required_encryption_nothing_is_sent()
    {
        await using var server = new SmtpStandIn { OffersStartTls = false };
        await using var service = await fixture.StartAsync(server.Settings("starttls"));

        var user = await service.RegisterAsync();

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).Error.ShouldNotBeNull().ShouldContain("STARTTLS"));
        (await service.MailOfAsync(user.UserId)).State.ShouldBe("queued");
        server.Commands.ShouldAllBe(command => command.StartsWith("EHLO", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_without_a_valid_certificate_gets_nothing()
    {
        await using var server = new SmtpStandIn();
        await using var service = await fixture.StartAsync([.. server.Settings("starttls"), ("Smtp:CertificateAuthority", "")]);

        var user = await service.RegisterAsync();

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).Error.ShouldNotBeNull().ShouldContain("certificate", Case.Insensitive));
        server.Commands.ShouldNotContain(command => command.StartsWith("AUTH", StringComparison.Ordinal) || command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_loses_no_email()
    {
        await using var server = new SmtpStandIn();
        await using var service = await fixture.StartAsync(server.Settings("starttls", password: "wrong"));

        var user = await service.RegisterAsync();

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).Error.ShouldNotBeNull().ShouldContain("535"));
        (await service.MailOfAsync(user.UserId)).State.ShouldBe("queued");
    }

    [Fact]
    public async Task Two_replicas_send_each_email_once()
    {
        await using var server = new SmtpStandIn();
        await using var service = await fixture.StartAsync(server.Settings("none"));
        await service.AddReplicaAsync();

        var users = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => service.RegisterAsync()));

        foreach (var user in users)
        {
            await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).ShouldBe(("sent", 1, null)));
        }

        server.Received.Select(mail => mail.To).Order().ShouldBe(users.Select(user => user.Email).Order());
    }

    [Theory]
    [InlineData("554 5.7.1 spam", "failed")]
    [InlineData("452 4.3.1 disk full", "queued")]
    [InlineData("421 4.3.2 closing down", "queued")]
    public async Task An_email_refused_after_its_last_line_fails_or_is_retried_depending_on_the_code(string reply, string state)
    {
        await using var server = new SmtpStandIn { JudgeMail = _ => reply };
        await using var service = await fixture.StartAsync(server.Settings("none"));

        var user = await service.RegisterAsync();

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).Error.ShouldNotBeNull().ShouldContain(reply));
        (await service.MailOfAsync(user.UserId)).State.ShouldBe(state);
    }

    [Theory]
    [InlineData("")]
    [InlineData("421 4.3.2 closing down")]
    public async Task An_email_that_breaks_the_connection_waits_longer_each_time_while_others_are_sent(string reply)
    {
        await using var server = new SmtpStandIn { JudgeMail = to => to.StartsWith("poison", StringComparison.Ordinal) ? reply : null };
        await using var service = await fixture.StartAsync(server.Settings("none"));
        var poison = await service.RegisterAsync(email: "poison@example.org");
        await Eventually.PassesAsync(async () => (await service.MailOfAsync(poison.UserId)).Attempts.ShouldBe(1));

        var users = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => service.RegisterAsync()));

        foreach (var user in users)
        {
            await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).State.ShouldBe("sent"), TimeSpan.FromSeconds(20));
        }

        var mail = await service.MailOfAsync(poison.UserId);
        (mail.State, mail.Attempts).ShouldBe(("queued", 1));
        mail.Error.ShouldNotBeNull().ShouldStartWith("The connection broke during this mail: ");
        (await PauseOfAsync()).ShouldBeInRange(50, 75);
        server.Commands.Count(command => command.StartsWith("RCPT", StringComparison.Ordinal) && command.Contains("poison", StringComparison.Ordinal)).ShouldBe(1);

        await service.QueryAsync("update outgoing_mail set next_attempt_at = now() where user_id = $1", poison.UserId);
        await Eventually.PassesAsync(async () => (await service.MailOfAsync(poison.UserId)).Attempts.ShouldBe(2));
        (await PauseOfAsync()).ShouldBeInRange(110, 150);

        async Task<double> PauseOfAsync() =>
            (double)(await service.QueryAsync("select extract(epoch from next_attempt_at - now())::float8 from outgoing_mail where user_id = $1", poison.UserId))!;
    }

    [Fact]
    public async Task An_email_that_crashes_the_server_moves_behind_the_others_and_costs_no_attempt()
    {
        await using var server = new SmtpStandIn();
        server.JudgeMail = to =>
        {
            server.IsDown = to.StartsWith("poison", StringComparison.Ordinal);
            return server.IsDown ? "" : null;
        };
        await using var service = await fixture.StartAsync(server.Settings("none"));
        var poison = await service.RegisterAsync(email: "poison@example.org");
        await Eventually.PassesAsync(async () => (await service.MailOfAsync(poison.UserId)).Error.ShouldNotBeNull());
        (await service.MailOfAsync(poison.UserId)).Attempts.ShouldBe(0);
        var users = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => service.RegisterAsync()));

        // The server restarts each time.
        await Eventually.PassesAsync(async () =>
        {
            server.IsDown = false;
            (await Task.WhenAll(users.Select(user => service.MailOfAsync(user.UserId)))).ShouldAllBe(mail => mail.State == "sent" && mail.Attempts == 1);
        }, pause: TimeSpan.FromMilliseconds(200));
        (await service.MailOfAsync(poison.UserId)).State.ShouldBe("queued");
    }

    [Fact]
    public async Task Emails_that_wait_too_long_degrade_health()
    {
        await using var server = new SmtpStandIn { IsDown = true };
        await using var service = await fixture.StartAsync([.. server.Settings("none"), ("Notification:MailDegradedAfter", "00:00:01")]);
        await Task.WhenAll(service.RegisterAsync(), service.RegisterAsync());

        await Eventually.PassesAsync(async () =>
            (await WhyAsync()).ShouldNotBeNull().ShouldMatch(@"^2 mails wait to be sent, the oldest since (\d{4}-\d\d-\d\d )?\d\d:\d\d UTC\.$"));
        server.IsDown = false;
        await Eventually.PassesAsync(async () => (await WhyAsync()).ShouldBeNull());

        async Task<string?> WhyAsync()
        {
            using var client = service.AnonymousClient();
            using var response = await client.GetAsync("/health");
            response.StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
            return System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync())!["problems"]?["mail queue"]?["why"]!.GetValue<string>();
        }
    }

    [Fact]
    public async Task An_email_counts_as_sent_if_the_server_never_answers_QUIT()
    {
        await using var server = new SmtpStandIn { IsSilentAtQuit = true };
        await using var service = await fixture.StartAsync(server.Settings("none"));

        var user = await service.RegisterAsync();

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).ShouldBe(("sent", 1, null)), TimeSpan.FromSeconds(20));
        server.To(user.Email).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_non_ASCII_address_is_sent_to_servers_that_support_it_and_fails_at_others(bool offersUtf8)
    {
        await using var server = new SmtpStandIn { OffersUtf8 = offersUtf8 };
        await using var service = await fixture.StartAsync(server.Settings("none"));

        var user = await service.RegisterAsync(email: "zoë@example.org");

        await Eventually.PassesAsync(async () => (await service.MailOfAsync(user.UserId)).State.ShouldBe(offersUtf8 ? "sent" : "failed"));
        server.Commands.Count(command => command.StartsWith("MAIL FROM:<no-reply@example.com>", StringComparison.Ordinal) && command.Contains(" SMTPUTF8", StringComparison.Ordinal))
            .ShouldBe(offersUtf8 ? 1 : 0);
        if (offersUtf8)
        {
            System.Text.Encoding.UTF8.GetString(server.Received.ShouldHaveSingleItem().Message).ShouldContain("<zoë@example.org>");
        }
    }
}
