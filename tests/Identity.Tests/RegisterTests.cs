using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;

namespace LinkShort.Identity.Tests;

public sealed class RegisterTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/auth/register";

    [Fact]
    public async Task Consents_of_the_sign_up_are_stored_with_the_account()
    {
        using var client = identity.Host.CreateClient();
        var offers = (await client.GetFromJsonAsync<System.Text.Json.Nodes.JsonNode>("/api/v1/auth/consents"))!["consents"]!.AsArray();
        offers.Select(offer => offer!["purpose"]!.GetValue<string>()).ShouldBe(["terms", "privacy", "product-mail", "analytics-of-product"]);
        var consents = offers.Select(offer => new
        {
            purpose = offer!["purpose"]!.GetValue<string>(), version = offer["version"]!.GetValue<string>(), granted = offer["required"]!.GetValue<bool>(),
        }).ToArray();
        var email = Account.NewEmail();

        using var refused = await client.PostAsJsonAsync("/api/v1/auth/register", new
        {
            email, password = Account.Password, consents = new[] { new { consents[0].purpose, consents[0].version, granted = false } },
        });
        await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "consents[0].granted");
        using var outdated = await client.PostAsJsonAsync("/api/v1/auth/register", new
        {
            email, password = Account.Password, consents = new[] { new { consents[0].purpose, version = "2001-01-01", granted = true } },
        });
        await outdated.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "consents[0].version");

        using var registered = await client.PostAsJsonAsync("/api/v1/auth/register", new { email, password = Account.Password, consents });
        var account = await registered.ShouldBeAsync<Registered>(HttpStatusCode.Created);
        using var signedIn = await new Account(identity.Host, account.UserId, account.WorkspaceId, email).SignedInAsync();
        var kept = (await signedIn.GetFromJsonAsync<System.Text.Json.Nodes.JsonNode>("/api/v1/me/consents"))!;
        kept["consents"]!.AsArray().Select(consent => consent!["granted"]!.GetValue<bool>()).ShouldBe([true, true, false, false]);
        kept["consents"]!.AsArray().ShouldAllBe(consent => consent!["upToDate"]!.GetValue<bool>());
        kept["history"]!.AsArray().Count.ShouldBe(4);
    }

    [Fact]
    public async Task Registering_creates_an_account_that_owns_a_personal_workspace()
    {
        var account = await identity.RegisterAsync();
        account.Id.Version.ShouldBe(7);
        account.WorkspaceId.Version.ShouldBe(7);

        using var client = await account.SignedInAsync();
        var profile = await client.GetFromJsonAsync<Profile>("/api/v1/me");
        profile.ShouldNotBeNull();
        profile.Id.ShouldBe(account.Id);
        profile.Email.ShouldBe(account.Email);
        profile.EmailVerified.ShouldBeFalse();
        profile.WorkspaceId.ShouldBe(account.WorkspaceId);
        profile.Role.ShouldBe("owner");
        profile.Plan.ShouldBe("free");
        profile.Locale.ShouldBe("en");
        profile.CreatedAt.ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Registering_publishes_user_and_workspace_once_each()
    {
        using var client = identity.Host.CreateClient();
        var email = Account.NewEmail();
        using var response = await client.PostAsJsonAsync(Path, new { email, password = Account.Password, name = " Ada Lovelace ", locale = "de" });
        var account = await response.ShouldBeAsync<Registered>(HttpStatusCode.Created);

        var registered = await identity.Events.HearsAsync<UserRegistered>(e => e.UserId == account.UserId);
        registered.ShouldSatisfyAllConditions(
            () => registered.WorkspaceId.ShouldBe(account.WorkspaceId),
            () => registered.Email.ShouldBe(email),
            () => registered.Name.ShouldBe("Ada Lovelace"),
            () => registered.Locale.ShouldBe("de"));
        var created = await identity.Events.HearsAsync<WorkspaceCreated>(e => e.WorkspaceId == account.WorkspaceId);
        created.OwnerId.ShouldBe(account.UserId);

        // A later account's events come after all of this one's, so duplicates would have arrived by now.
        var later = await identity.RegisterAsync();
        await identity.Events.HearsAsync<UserRegistered>(e => e.UserId == later.Id);
        identity.Events.Heard<UserRegistered>(e => e.UserId == account.UserId).Count.ShouldBe(1);
        identity.Events.Heard<WorkspaceCreated>(e => e.WorkspaceId == account.WorkspaceId).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("{0}@Example.COM", "{0}@example.com")]
    [InlineData("{0}@bücher.example", "{0}@xn--bcher-kva.example")]
    [InlineData("JoSÉ.{0}@example.com", "josé.{0}@example.com")]
    [InlineData("  {0}@example.com ", "{0}@example.com")]
    public async Task An_address_has_one_account_regardless_of_its_spelling(string first, string second)
    {
        var unique = Guid.NewGuid().ToString("N");
        using var client = identity.Host.CreateClient();
        using var created = await client.PostAsJsonAsync(Path, new { email = Write(first), password = Account.Password });
        created.StatusCode.ShouldBe(HttpStatusCode.Created);

        using var again = await client.PostAsJsonAsync(Path, new { email = Write(second), password = Account.Password });
        await again.ShouldBeProblemAsync(HttpStatusCode.Conflict, "email-taken");
        using var login = await client.PostAsJsonAsync("/api/v1/auth/login", new { email = Write(second), password = Account.Password });
        login.StatusCode.ShouldBe(HttpStatusCode.OK);

        string Write(string form) => form.Replace("{0}", unique, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_concurrent_sign_ups_with_one_address_create_one_account()
    {
        var email = Account.NewEmail();
        using var client = identity.Host.CreateClient();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var response = await client.PostAsJsonAsync(Path, new { email, password = Account.Password });
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.Created).ShouldBe(1);
        answers.Count(status => status == HttpStatusCode.Conflict).ShouldBe(5);
        (await identity.QueryAsync<long>("select count(*) from users where normalized_email = @email", new { email })).ShouldBe(1);
    }

    [Theory]
    [InlineData("no-at.example.com")]
    [InlineData("@example.com")]
    [InlineData("ada@")]
    [InlineData("ada@localhost")]
    [InlineData("ada@127.0.0.1")]
    [InlineData("ada@[127.0.0.1]")]
    [InlineData("ada@-example.com")]
    [InlineData("ada@exa_mple.com")]
    [InlineData("ada@example..com")]
    [InlineData("ada@.example.com")]
    [InlineData("ada@example.com.")]
    [InlineData(".ada@example.com")]
    [InlineData("ada..l@example.com")]
    [InlineData("a da@example.com")]
    [InlineData("ada@exam ple.com")]
    [InlineData("ada@b@example.com")]
    [InlineData("\"ada\"@example.com")]
    [InlineData("ada@example.com\r\nBcc: all@example.com")]
    [InlineData("ada\t@example.com")]
    [InlineData("ada\u007f@example.com")]
    [InlineData("ada\u200b@example.com")]
    [InlineData("ada\u202e@example.com")]
    [InlineData("ada@exam\u202eple.com")]
    [InlineData("ada@xn--\u00fc.example")]
    [InlineData("ada@xn--a.example")]
    [InlineData("\ufffe@example.com")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData(" ")]
    [InlineData("")]
    public async Task A_bad_address_is_refused_by_its_field(string email)
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(Path, new { email, password = Account.Password });
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "email");
    }

    [Theory]
    [InlineData(65, 20)]
    [InlineData(10, 250)]
    [InlineData(64, 190)]
    [InlineData(100_000, 20)]
    public async Task An_address_that_is_too_long_is_refused(int local, int domain)
    {
        using var client = identity.Host.CreateClient();
        // Labels of 49 characters.
        var host = string.Concat(Enumerable.Repeat(new string('d', 49) + ".", (domain / 50) + 1))[..(domain - 4)].TrimEnd('.') + ".com";
        using var response = await client.PostAsJsonAsync(Path, new { email = new string('a', local) + "@" + host, password = Account.Password });
        if (local > 50_000)
        {
            // The test server doesn't enforce Kestrel's body limit, but the field has its own.
            response.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.RequestEntityTooLarge);
            return;
        }

        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "email");
    }

    [Fact]
    public async Task The_longest_address_is_accepted()
    {
        var unique = Guid.NewGuid().ToString("N");
        var email = unique + new string('a', 32) + "@" + string.Join('.', Enumerable.Repeat(new string('d', 60), 3)) + ".info";
        email = email[..64] + "@" + string.Join('.', new string('d', 63), new string('e', 63), new string('f', 57), "abc");
        email.Length.ShouldBe(254);
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(Path, new { email, password = Account.Password });
        (await response.ShouldBeAsync<Registered>(HttpStatusCode.Created)).Email.ShouldBe(email);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Ab1-xyz")]
    [InlineData("correct-horse-7")]
    [InlineData("CORRECT-HORSE-7")]
    [InlineData("Correct-Horse")]
    [InlineData("CorrectHorse7")]
    [InlineData("Aa1-Aa1-Aa1", HttpStatusCode.Created)]
    [InlineData("Aa1Aa1Aa1")]
    [InlineData("Ünï-cödé-Pässwörd-7", HttpStatusCode.Created)]
    public async Task The_password_policy_is_told_by_its_field(string password, HttpStatusCode status = HttpStatusCode.BadRequest)
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(Path, new { email = Account.NewEmail(), password });
        if (status == HttpStatusCode.Created)
        {
            response.StatusCode.ShouldBe(status);
            return;
        }

        var problem = await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "password");
        problem.Errors!.Keys.ShouldBe(["password"]);
    }

    [Theory]
    [InlineData(256, HttpStatusCode.Created)]
    [InlineData(257, HttpStatusCode.BadRequest)]
    [InlineData(60_000, HttpStatusCode.BadRequest)]
    public async Task A_password_has_a_longest_length(int length, HttpStatusCode status)
    {
        using var client = identity.Host.CreateClient();
        var password = "Aa1-" + new string('x', length - 4);
        using var response = await client.PostAsJsonAsync(Path, new { email = Account.NewEmail(), password });
        response.StatusCode.ShouldBe(status);
        if (status == HttpStatusCode.BadRequest)
        {
            await response.ShouldBeProblemAsync(status, "validation", "password");
        }
    }

    [Theory]
    [InlineData(252, HttpStatusCode.Created)]
    [InlineData(253, HttpStatusCode.BadRequest)]
    [InlineData(3, HttpStatusCode.BadRequest)]
    [InlineData(4, HttpStatusCode.Created)]
    public async Task The_length_of_a_password_counts_characters_and_not_UTF16_units(int emoji, HttpStatusCode status)
    {
        using var client = identity.Host.CreateClient();
        var password = "Aa1-" + string.Concat(Enumerable.Range(0, emoji).Select(i => char.ConvertFromUtf32(0x1F600 + (i % 60))));
        using var response = await client.PostAsJsonAsync(Path, new { email = Account.NewEmail(), password });
        response.StatusCode.ShouldBe(status, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_password_is_the_same_however_the_keyboard_composes_its_letters()
    {
        using var client = identity.Host.CreateClient();
        var email = Account.NewEmail();
        using var created = await client.PostAsJsonAsync(Path, new { email, password = "Caf\u00e9-Cr\u00e8me-7" });
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        using var login = await client.PostAsJsonAsync("/api/v1/auth/login", new { email, password = "Cafe\u0301-Cre\u0300me-7" });
        login.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Every_wrong_field_is_named_in_one_response()
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(
            Path, new { email = "nobody", password = "x", name = "a\u0007b", locale = "tlh" });
        var problem = await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation");
        problem.Errors!.Keys.ShouldBe(["email", "name", "locale", "password"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("en")]
    [InlineData("ar")]
    [InlineData("es")]
    [InlineData("fr")]
    [InlineData("de")]
    public async Task Each_supported_language_is_accepted(string locale)
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(Path, new { email = Account.NewEmail(), password = Account.Password, locale });
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("")]
    [InlineData("EN")]
    [InlineData("en-US")]
    [InlineData("it")]
    public async Task Another_language_is_refused_by_its_field(string locale)
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.PostAsJsonAsync(Path, new { email = Account.NewEmail(), password = Account.Password, locale });
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "locale");
    }

    [Fact]
    public async Task A_password_is_stored_as_a_slow_salted_hash_only()
    {
        await using var host = identity.Another(("Identity:PasswordHashIterations", null));
        var one = await Account.RegisterAsync(host);
        var other = await Account.RegisterAsync(host);
        var hashes = new[] { await HashAsync(one), await HashAsync(other) };
        hashes.Distinct().Count().ShouldBe(2);
        foreach (var hash in hashes)
        {
            // ASP.NET Core Identity's version 3: a marker, then PRF 2 = HMAC-SHA512 and the iterations, big-endian.
            var bytes = Convert.FromBase64String(hash);
            bytes[0].ShouldBe((byte)1);
            bytes[4].ShouldBe((byte)2);
            System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(5)).ShouldBe(210_000u);
        }

        Task<string> HashAsync(Account account) =>
            identity.QueryAsync<string>("select password_hash from users where id = @Id", new { account.Id });
    }
}
