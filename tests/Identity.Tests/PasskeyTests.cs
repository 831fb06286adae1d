using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.Playwright;

namespace LinkShort.Identity.Tests;

/// <summary>Passkeys end to end: Chromium's WebAuthn with a virtual authenticator on one side, the API on the other.</summary>
public sealed class PasskeyTests(IdentityApplication identity, PasskeyFixture fixture) : IClassFixture<PasskeyFixture>
{
    private const string Passkeys = "/api/v1/me/passkeys";
    private const string PasswordlessOptions = "/api/v1/auth/passkey/options";
    private const string Passwordless = "/api/v1/auth/passkey";

    [Fact]
    public async Task A_passkey_is_made_and_signs_in_without_a_password_as_two_factors()
    {
        var account = await Account.RegisterAsync(fixture.Host);
        using var client = await account.SignedInAsync();
        await using var device = await fixture.Browser.NewDeviceAsync();
        using var asked = await client.PostAsync(Passkeys + "/options", null);
        var options = await asked.ShouldBeAsync<JsonElement>(HttpStatusCode.OK);
        options.GetProperty("rp").GetProperty("id").GetString().ShouldBe("localhost");
        options.GetProperty("user").GetProperty("name").GetString().ShouldBe(account.Email);
        var added = await AddAsync(client, await device.CreateAsync(options), "Ada's laptop");
        added.RecoveryCodes.ShouldNotBeNull().Length.ShouldBe(10);
        await identity.Events.HearsAsync<SecurityNoticeRaised>(notice => notice.UserId == account.Id && notice.Kind == SecurityNoticeKinds.PasskeyAdded && notice.Detail == "Ada's laptop");
        await identity.Events.HearsAsync<AuditRecorded>(entry => entry.ActorId == account.Id && entry.Action == "passkey.added");

        foreach (var email in new[] { null, account.Email })
        {
            using var signedIn = await SignInAsync(device, email);
            signedIn.Headers.CacheControl!.NoStore.ShouldBeTrue();
            var tokens = await signedIn.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
            var token = new JsonWebToken(tokens.AccessToken);
            token.Subject.ShouldBe(account.Id.ToString());
            token.GetClaim("amr").Value.Split(' ').ShouldBe(["pop", "mfa"], ignoreOrder: true);
        }

        using var list = await client.GetAsync(Passkeys);
        var listed = (await list.ShouldBeAsync<Listed<ListedPasskey>>(HttpStatusCode.OK)).Items.ShouldHaveSingleItem();
        listed.Name.ShouldBe("Ada's laptop");
        listed.LastUsedAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task After_the_password_a_passkey_is_the_second_factor()
    {
        var (account, device, _, client) = await WithPasskeyAsync();
        await using var _ = device;
        using var first = await account.TryLogInAsync(Account.Password);
        await first.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "two-factor-required");
        var challenged = await first.ShouldBeAsync<JsonElement>(HttpStatusCode.Unauthorized);
        challenged.GetProperty("methods").EnumerateArray().Select(method => method.GetString()).ShouldBe(["passkey", "recoveryCode"]);
        var challenge = challenged.GetProperty("challenge").GetString();
        var credential = await device.SignAsync(challenged.GetProperty("passkeyOptions"));
        using var second = await account.SecondStepAsync(new { challenge, credential, rememberDevice = true });
        var tokens = await second.ShouldBeAsync<RememberedTokens>(HttpStatusCode.OK);
        new JsonWebToken(tokens.AccessToken).GetClaim("amr").Value.Split(' ').ShouldBe(["pwd", "pop", "mfa"], ignoreOrder: true);
        tokens.DeviceToken.ShouldNotBeNull();
        using var replay = await account.SecondStepAsync(new { challenge, credential });
        await replay.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-challenge");
        var other = await ChallengeAsync(account);
        using var elsewhere = await account.SecondStepAsync(new { challenge = other.GetProperty("challenge").GetString(), credential });
        await elsewhere.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");

        // With an app as well, either is accepted.
        var (app, _) = await client.EnableAppAsync();
        var both = await ChallengeAsync(account);
        both.GetProperty("methods").EnumerateArray().Select(method => method.GetString()).ShouldBe(["totp", "passkey", "recoveryCode"]);
        using var code = await account.SecondStepAsync(new { challenge = both.GetProperty("challenge").GetString(), code = app.NextCode() });
        code.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_passkey_confirms_the_users_identity_without_the_password_but_another_users_does_not()
    {
        var (_, device, _, client) = await WithPasskeyAsync();
        var (_, eves, _, _) = await WithPasskeyAsync();
        await using var _1 = device;
        await using var _2 = eves;
        using var confirmed = await client.PostAsJsonAsync("/api/v1/auth/confirm", new { credential = await device.SignAsync(await OptionsAsync()) });
        var tokens = await confirmed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new JsonWebToken(tokens.AccessToken).GetClaim("amr").Value.Split(' ').ShouldBe(["pwd", "pop", "mfa"], ignoreOrder: true);
        using var refused = await client.PostAsJsonAsync("/api/v1/auth/confirm", new { credential = await eves.SignAsync(await OptionsAsync()) });
        await refused.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
    }

    [Fact]
    public async Task Another_users_passkey_is_no_second_factor_and_not_accepted_for_another_address()
    {
        var (ada, adas, _, _) = await WithPasskeyAsync();
        var (_, eves, _, _) = await WithPasskeyAsync();
        await using var _1 = adas;
        await using var _2 = eves;
        var challenged = await ChallengeAsync(ada);
        var credential = await eves.SignAsync(challenged.GetProperty("passkeyOptions"), "options.allowCredentials = []");
        using var second = await ada.SecondStepAsync(new { challenge = challenged.GetProperty("challenge").GetString(), credential });
        await second.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        using var first = await SignInAsync(eves, ada.Email);
        await first.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
    }

    [Fact]
    public async Task Options_are_the_same_for_addresses_with_and_without_an_account()
    {
        var (account, device, _, _) = await WithPasskeyAsync();
        await using var _ = device;
        var known = await OptionsAsync(account.Email);
        var unknown = await OptionsAsync(Account.NewEmail());
        Without(known).ShouldBe(Without(unknown));

        static string Without(JsonElement options)
        {
            var node = JsonNode.Parse(options.GetRawText())!.AsObject();
            node["challenge"]!.GetValue<string>().Length.ShouldBe(43);
            node.Remove("challenge");
            return node.ToJsonString();
        }
    }

    [Fact]
    public async Task An_answer_counts_once_also_when_it_comes_many_times_at_once()
    {
        var (_, device, _, _) = await WithPasskeyAsync();
        await using var _ = device;
        var credential = await device.SignAsync(await OptionsAsync());
        using var client = fixture.Host.CreateClient();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var response = await client.PostAsJsonAsync(Passwordless, new { credential });
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(status => status == HttpStatusCode.Unauthorized).ShouldBe(5);
    }

    [Fact]
    public async Task A_response_after_five_minutes_is_refused()
    {
        var (_, device, _, _) = await WithPasskeyAsync();
        await using var _ = device;
        var options = await OptionsAsync();
        var hash = SHA256.HashData(Base64Url.DecodeFromChars(options.GetProperty("challenge").GetString()));
        await identity.ExecuteAsync("update passkey_challenges set expires_at = now() - interval '1 second' where challenge_hash = @hash", new { hash });
        using var client = fixture.Host.CreateClient();
        using var late = await client.PostAsJsonAsync(Passwordless, new { credential = await device.SignAsync(options) });
        await late.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
    }

    [Fact]
    public async Task A_device_that_did_not_verify_its_user_is_a_second_factor_but_signs_in_nobody_alone()
    {
        var account = await Account.RegisterAsync(fixture.Host);
        using var client = await account.SignedInAsync();
        await using var device = await fixture.Browser.NewDeviceAsync(verifiesUser: false);
        var made = await device.CreateAsync(await CreationOptionsAsync(client));
        await AddAsync(client, made, "Security key");
        // As a careless page could request it.
        using var alone = await SignInAsync(
            device, change: $"options.userVerification = 'discouraged'; options.allowCredentials = [{{ type: 'public-key', id: '{made.GetProperty("id").GetString()}' }}]");
        await alone.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        var challenged = await ChallengeAsync(account);
        using var beside = await account.SecondStepAsync(new
        {
            challenge = challenged.GetProperty("challenge").GetString(),
            credential = await device.SignAsync(challenged.GetProperty("passkeyOptions")),
        });
        beside.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Responses_from_another_origin_or_for_another_site_are_refused()
    {
        var (account, device, _, client) = await WithPasskeyAsync();
        await using var _ = device;
        var creation = await CreationOptionsAsync(client);
        var signIn = await OptionsAsync();
        var challenged = await ChallengeAsync(account);

        // Another program on the same host: the browser finds the same passkeys, but the origin differs.
        await device.GoToAsync(fixture.Browser.OtherOrigin);
        using var anonymous = fixture.Host.CreateClient();
        using var phished = await anonymous.PostAsJsonAsync(Passwordless, new { credential = await device.SignAsync(signIn) });
        await phished.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        using var second = await account.SecondStepAsync(new
        {
            challenge = challenged.GetProperty("challenge").GetString(), credential = await device.SignAsync(challenged.GetProperty("passkeyOptions")),
        });
        await second.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        await device.GoToAsync(fixture.Browser.Origin);
        await using var another = await fixture.Browser.NewDeviceAsync();
        await another.GoToAsync(fixture.Browser.OtherOrigin);
        using var planted = await client.PostAsJsonAsync(Passkeys, new { credential = await another.CreateAsync(creation), name = "Planted" });
        await planted.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "credential");

        // Created for another site. A new passkey isn't signed, so its bytes can be changed.
        await another.GoToAsync(fixture.Browser.Origin);
        var made = await another.CreateAsync(await CreationOptionsAsync(client));
        using var elsewhere = await client.PostAsJsonAsync(Passkeys, new { credential = ForAnotherSite(made), name = "Elsewhere" });
        await elsewhere.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "credential");

        // The product moved to another URL, which accepts none of the earlier passkeys.
        await using var moved = identity.Another(("Identity:PublicUrl", "https://links.example.com"));
        using var there = moved.CreateClient();
        using var asked = await there.PostAsJsonAsync(PasswordlessOptions, new { });
        var options = await asked.ShouldBeAsync<JsonElement>(HttpStatusCode.OK);
        options.GetProperty("rpId").GetString().ShouldBe("links.example.com");
        using var old = await there.PostAsJsonAsync(Passwordless, new { credential = await device.SignAsync(options, "options.rpId = 'localhost'") });
        await old.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");

        // The passkey itself still works.
        using var still = await SignInAsync(device);
        still.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_decreasing_signature_counter_is_refused_as_a_copied_key()
    {
        var (account, device, added, _) = await WithPasskeyAsync();
        await using var _ = device;
        await identity.ExecuteAsync("update passkeys set sign_count = 1000 where id = @Id", new { added.Id });
        using var alone = await SignInAsync(device);
        await alone.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        var challenged = await ChallengeAsync(account);
        using var second = await account.SecondStepAsync(new
        {
            challenge = challenged.GetProperty("challenge").GetString(), credential = await device.SignAsync(challenged.GetProperty("passkeyOptions")),
        });
        await second.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        (await identity.QueryAsync<long>("select sign_count from passkeys where id = @Id", new { added.Id })).ShouldBe(1000);
    }

    [Fact]
    public async Task Every_changed_byte_of_an_answer_is_noticed()
    {
        var (_, device, _, _) = await WithPasskeyAsync();
        await using var _ = device;
        using var client = fixture.Host.CreateClient();
        foreach (var field in new[] { "clientDataJSON", "authenticatorData", "signature", "userHandle" })
        {
            var credential = JsonNode.Parse((await device.SignAsync(await OptionsAsync())).GetRawText())!;
            var bytes = Base64Url.DecodeFromChars(credential["response"]![field]!.GetValue<string>());
            bytes[^1] ^= 1;
            credential["response"]![field] = Base64Url.EncodeToString(bytes);
            using var response = await client.PostAsJsonAsync(Passwordless, new { credential });
            await response.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        }
    }

    [Fact]
    public async Task A_device_is_added_once_and_a_passkey_belongs_to_one_account()
    {
        var (_, device, _, client) = await WithPasskeyAsync();
        await using var _ = device;
        // The options list it, and the browser refuses.
        var options = await CreationOptionsAsync(client);
        options.GetProperty("excludeCredentials").GetArrayLength().ShouldBe(1);
        await Should.ThrowAsync<PlaywrightException>(() => device.CreateAsync(options));

        var eve = await Account.RegisterAsync(fixture.Host);
        using var eves = await eve.SignedInAsync();
        await using var another = await fixture.Browser.NewDeviceAsync();
        var made = await another.CreateAsync(await CreationOptionsAsync(client));
        using var stolen = await eves.PostAsJsonAsync(Passkeys, new { credential = made, name = "Not mine" });
        await stolen.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "credential");
    }

    [Fact]
    public async Task Passkeys_are_renamed_and_removed_by_their_owner_and_the_last_one_ends_two_factors()
    {
        var (account, device, added, client) = await WithPasskeyAsync();
        await using var _ = device;
        var (_, evesDevice, _, eves) = await WithPasskeyAsync();
        await using var _2 = evesDevice;
        var path = $"{Passkeys}/{added.Id}";
        using var hersToo = await eves.PatchAsJsonAsync(path, new { name = "Eve's" });
        await hersToo.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var gone = await eves.DeleteAsync(path);
        await gone.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var renamed = await client.PatchAsJsonAsync(path, new { name = " Work laptop " });
        (await renamed.ShouldBeAsync<ListedPasskey>(HttpStatusCode.OK)).Name.ShouldBe("Work laptop");
        foreach (var name in new[] { "", "   ", "two\nlines", new string('x', 101) })
        {
            using var refused = await client.PatchAsJsonAsync(path, new { name });
            await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "name");
        }

        using var removed = await client.DeleteAsync(path);
        removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await account.LogInAsync()).AccessToken.ShouldNotBeEmpty();
        (await identity.QueryAsync<long>("select count(*) from recovery_codes where user_id = @Id", new { account.Id })).ShouldBe(0);
        using var signIn = await SignInAsync(device);
        await signIn.ShouldBeProblemAsync(HttpStatusCode.Unauthorized, "invalid-passkey");
        await identity.Events.HearsAsync<SecurityNoticeRaised>(notice => notice.UserId == account.Id && notice.Kind == SecurityNoticeKinds.PasskeyRemoved && notice.Detail == "Work laptop");
        await identity.Events.HearsAsync<AuditRecorded>(entry => entry.ActorId == account.Id && entry.Action == "passkey.removed");
    }

    [Fact]
    public async Task Malformed_and_oversized_responses_are_refused_and_never_a_server_error()
    {
        var account = await Account.RegisterAsync(fixture.Host);
        using var client = await account.SignedInAsync();
        await using var device = await fixture.Browser.NewDeviceAsync();
        var made = (await device.CreateAsync(await CreationOptionsAsync(client))).GetRawText();
        var random = new Random(7);
        List<string> answers =
        [
            "{}", """{"id":1}""", """{"response":null}""", """{"response":{}}""", """{"response":{"clientDataJSON":5}}""", """{"response":{"clientDataJSON":"%%%"}}""",
            """{"response":{"clientDataJSON":"e30"}}""", """{"response":{"clientDataJSON":"bnVsbA"}}""", """{"response":[1,2,3]}""",
            $$"""{"id":"{{new string('A', 60_000)}}"}""", string.Concat(Enumerable.Repeat("""{"response":""", 50)) + "1" + new string('}', 50),
        ];
        // Pending challenges, in responses that are broken elsewhere.
        foreach (var field in new[] { "id", "rawId", "type", "response.attestationObject", "response.transports", "clientExtensionResults" })
        {
            foreach (var value in new JsonNode?[] { null, 5, "", "%", new string('A', 50_000), new JsonArray(1, "x"), new JsonObject() })
            {
                var credential = JsonNode.Parse((await OpenAsync()).GetRawText())!;
                var parent = field.StartsWith("response.", StringComparison.Ordinal) ? credential["response"]! : credential;
                parent[field.Split('.')[^1]] = value?.DeepClone();
                answers.Add(credential.ToJsonString());
            }
        }

        for (var i = 0; i < 40; i++)
        {
            var credential = JsonNode.Parse((await OpenAsync()).GetRawText())!;
            var bytes = Base64Url.DecodeFromChars(credential["response"]!["attestationObject"]!.GetValue<string>());
            // Corrupt or truncated CBOR and authenticator data.
            bytes = i % 2 == 0 ? bytes[..random.Next(bytes.Length)] : [.. bytes.Select((each, at) => at < 70 && random.Next(20) == 0 ? (byte)random.Next(256) : each)];
            credential["response"]!["attestationObject"] = Base64Url.EncodeToString(bytes);
            answers.Add(credential.ToJsonString());
        }

        using var anonymous = fixture.Host.CreateClient();
        foreach (var answer in answers)
        {
            using var add = await client.PostRawAsync(Passkeys, $$"""{"credential":{{answer}},"name":"x"}""");
            ((int)add.StatusCode).ShouldBeLessThan(500, answer[..Math.Min(300, answer.Length)]);
            using var signIn = await anonymous.PostRawAsync(Passwordless, $$"""{"credential":{{answer}}}""");
            signIn.StatusCode.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest);
        }

        foreach (var (body, field) in new[]
        {
            ("""{"name":"x"}""", "credential"), ("""{"credential":null,"name":"x"}""", "credential"), ("""{"credential":"text","name":"x"}""", "credential"),
            ("""{"credential":[],"name":"x"}""", "credential"), ("""{"credential":{}}""", "name"), ("""{"credential":{},"name":""}""", "name"),
        })
        {
            using var response = await client.PostRawAsync(Passkeys, body);
            await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        }

        // An earlier credential with a pending challenge.
        async Task<JsonElement> OpenAsync()
        {
            var credential = JsonNode.Parse(made)!;
            var clientData = new { type = "webauthn.create", challenge = (await CreationOptionsAsync(client)).GetProperty("challenge").GetString(), origin = fixture.Browser.Origin, crossOrigin = false };
            credential["response"]!["clientDataJSON"] = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(clientData));
            return JsonSerializer.SerializeToElement(credential);
        }
    }

    private static JsonNode ForAnotherSite(JsonElement made)
    {
        var credential = JsonNode.Parse(made.GetRawText())!;
        var bytes = Base64Url.DecodeFromChars(credential["response"]!["attestationObject"]!.GetValue<string>());
        var at = bytes.AsSpan().IndexOf(SHA256.HashData(Encoding.UTF8.GetBytes("localhost")));
        at.ShouldBeGreaterThan(0);
        SHA256.HashData(Encoding.UTF8.GetBytes("example.com")).CopyTo(bytes, at);
        credential["response"]!["attestationObject"] = Base64Url.EncodeToString(bytes);
        return credential;
    }

    private async Task<(Account Account, PasskeyBrowser.Device Device, AddedPasskey Passkey, HttpClient Client)> WithPasskeyAsync()
    {
        var account = await Account.RegisterAsync(fixture.Host);
        var client = await account.SignedInAsync();
        var device = await fixture.Browser.NewDeviceAsync();
        return (account, device, await AddAsync(client, await device.CreateAsync(await CreationOptionsAsync(client)), "Laptop"), client);
    }

    private static async Task<JsonElement> CreationOptionsAsync(HttpClient client)
    {
        using var response = await client.PostAsync(Passkeys + "/options", null);
        return await response.ShouldBeAsync<JsonElement>(HttpStatusCode.OK);
    }

    private static async Task<AddedPasskey> AddAsync(HttpClient client, JsonElement credential, string name)
    {
        using var response = await client.PostAsJsonAsync(Passkeys, new { credential, name });
        return await response.ShouldBeAsync<AddedPasskey>(HttpStatusCode.Created);
    }

    private static async Task<JsonElement> ChallengeAsync(Account account)
    {
        using var response = await account.TryLogInAsync(Account.Password);
        return await response.ShouldBeAsync<JsonElement>(HttpStatusCode.Unauthorized);
    }

    private async Task<JsonElement> OptionsAsync(string? email = null)
    {
        using var client = fixture.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(PasswordlessOptions, new { email });
        return await response.ShouldBeAsync<JsonElement>(HttpStatusCode.OK);
    }

    private async Task<HttpResponseMessage> SignInAsync(PasskeyBrowser.Device device, string? email = null, string change = "")
    {
        var credential = await device.SignAsync(await OptionsAsync(email), change);
        using var client = fixture.Host.CreateClient();
        return await client.PostAsJsonAsync(Passwordless, new { credential });
    }

    private sealed record AddedPasskey(Guid Id, string Name, bool BackedUp, DateTimeOffset CreatedAt, string[]? RecoveryCodes);

    private sealed record ListedPasskey(Guid Id, string Name, bool BackedUp, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt);
}
