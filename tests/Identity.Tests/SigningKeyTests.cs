using System.Net;
using System.Net.Http.Json;
using Dapper;
using LinkShort.Identity.Keys.SigningKeys;
using LinkShort.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Npgsql;

namespace LinkShort.Identity.Tests;

public sealed class SigningKeyTests(IdentityApplication identity)
{
    private static readonly (string, string)[] Quick =
        [("Identity:SigningKeyCheckInterval", "00:00:00.2"), ("Identity:SigningKeyLead", "00:00:01")];

    [Fact]
    public async Task The_key_set_has_public_parts_only_and_may_be_cached_briefly()
    {
        using var client = identity.Host.CreateClient();
        using var response = await client.GetAsync("/.well-known/jwks.json");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        response.Headers.CacheControl!.MaxAge!.Value.ShouldBeLessThan(TimeSpan.FromMinutes(1));
        var body = await response.Content.ReadAsStringAsync();
        body.ShouldNotContain("\"d\"");
        var key = (await response.ShouldBeAsync<KeySet>(HttpStatusCode.OK)).Keys[0];
        key.Kty.ShouldBe("EC");
        key.Crv.ShouldBe("P-256");
        key.Alg.ShouldBe("ES256");
        key.Use.ShouldBe("sig");
        var account = await identity.RegisterAsync();
        KidOf(await account.LogInAsync()).ShouldBe(key.Kid);
    }

    [Fact]
    public async Task The_private_key_and_the_key_ring_are_encrypted_in_the_database()
    {
        // PKCS#8 of a P-256 key starts 30 81 87 02 01 00; a key ring in the clear has <masterKey>.
        (await identity.QueryAsync<bool>("select bool_or(position('\\x308187020100'::bytea in private_key) > 0) from signing_keys")).ShouldBeFalse();
        (await identity.QueryAsync<long>("select count(*) from data_protection_keys")).ShouldBeGreaterThan(0);
        (await identity.QueryAsync<bool>("select bool_or(xml like '%masterKey%') from data_protection_keys")).ShouldBeFalse();
    }

    [Fact]
    public async Task Replicas_that_start_concurrently_on_an_empty_database_share_one_key()
    {
        var settings = await SettingsAsync();
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            var host = IdentityApplication.Start(settings);
            host.CreateClient().Dispose();
            return host;
        })));
        try
        {
            var kids = await Task.WhenAll(replicas.Select(KidsAsync));
            kids.ShouldAllBe(of => of.Length == 1 && of[0] == kids[0][0]);
            var tokens = await (await Account.RegisterAsync(replicas[0])).LogInAsync();
            foreach (var replica in replicas)
            {
                (await StatusOfAsync(replica, tokens)).ShouldBe(HttpStatusCode.OK);
            }

            // A barrier makes the starts concurrent.
            await using var database = NpgsqlDataSource.Create(settings["ConnectionStrings:identitydb"]!);
            await using var connection = await database.OpenConnectionAsync();
            for (var round = 0; round < 5; round++)
            {
                await connection.ExecuteAsync("update signing_keys set created_at = created_at - interval '31 days' where published_until is null");
                await Task.WhenAll(replicas.Select(replica => replica.Services.GetRequiredService<SigningKeyRing>().MaintainAsync(CancellationToken.None)));
                (await connection.ExecuteScalarAsync<long>("select count(*) from signing_keys")).ShouldBe(round + 2);
            }

            // Each of them can also sign with it.
            var elsewhere = await Account.RegisterAsync(replicas[2]);
            (await StatusOfAsync(replicas[0], await elsewhere.LogInAsync())).ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            foreach (var replica in replicas)
            {
                await replica.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task A_restart_keeps_tokens_valid_and_signs_with_the_same_key()
    {
        var settings = await SettingsAsync();
        Account account;
        TokenPair before;
        await using (var first = IdentityApplication.Start(settings))
        {
            account = await Account.RegisterAsync(first);
            before = await account.LogInAsync();
        }

        await using var second = IdentityApplication.Start(settings);
        (await StatusOfAsync(second, before)).ShouldBe(HttpStatusCode.OK);
        var after = await (account with { Host = second }).LogInAsync();
        KidOf(after).ShouldBe(KidOf(before));
    }

    [Fact]
    public async Task Keys_that_an_older_release_wrote_are_read_where_they_are()
    {
        var settings = await identity.Servers.SettingsAsync("identitydb");
        await using var database = NpgsqlDataSource.Create(settings["ConnectionStrings:identitydb"]!);
        await using var connection = await database.OpenConnectionAsync();
        string text;
        await using (var first = new ServiceFactory<Program>(settings))
        {
            text = Protector(first).Protect("secret");
        }

        var (name, xml) = await connection.QuerySingleAsync<(string, string)>("select name, xml from data_protection_keys");
        xml.ShouldContain("LinkShort.Identity.Keys.SigningKeys.DataProtectionKeyDecryptor", Case.Sensitive, "stored keys name the type that decrypts them");
        // The statement of earlier releases, on the table that the framework's store uses too.
        await connection.ExecuteAsync("delete from data_protection_keys");
        await connection.ExecuteAsync("insert into data_protection_keys (name, xml) values (@name, @xml)", new { name, xml });

        await using var second = new ServiceFactory<Program>(settings);
        Protector(second).Unprotect(text).ShouldBe("secret");
        (await connection.QueryAsync<string>("select name from data_protection_keys")).ShouldBe([name]);

        // A key of this release is added, and both can be read.
        second.Services.GetRequiredService<IKeyManager>().CreateNewKey(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(90));
        await using var third = new ServiceFactory<Program>(settings);
        third.Services.GetRequiredService<IKeyManager>().GetAllKeys().Count.ShouldBe(2);
        Protector(third).Unprotect(text).ShouldBe("secret");

        static IDataProtector Protector(ServiceFactory<Program> host) =>
            host.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("tests");
    }

    [Fact]
    public async Task With_another_encryption_key_old_tokens_remain_valid_and_new_ones_get_a_new_key()
    {
        var settings = await SettingsAsync();
        Account account;
        TokenPair before;
        await using (var first = IdentityApplication.Start(settings))
        {
            account = await Account.RegisterAsync(first);
            before = await account.LogInAsync();
        }

        settings["Identity:DataProtectionKey"] = "another-key-of-at-least-32-characters";
        await using var second = IdentityApplication.Start(settings);
        (await StatusOfAsync(second, before)).ShouldBe(HttpStatusCode.OK);
        var after = await (account with { Host = second }).LogInAsync();
        KidOf(after).ShouldNotBe(KidOf(before));
        (await StatusOfAsync(second, after)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_rotated_key_is_published_before_it_signs_and_the_old_one_until_its_tokens_expired()
    {
        // A lead that is long enough for a sign-in on a busy machine.
        var settings = await SettingsAsync(("Identity:SigningKeyCheckInterval", "00:00:00.2"), ("Identity:SigningKeyLead", "00:00:08"));
        await using var one = IdentityApplication.Start(settings);
        await using var two = IdentityApplication.Start(settings);
        var account = await Account.RegisterAsync(one);
        var old = await account.LogInAsync();

        using var client = one.CreateInternalClient();
        using var response = await client.PostAsync("/internal/signing-keys/rotate", null);
        var rotated = await response.ShouldBeAsync<Rotated>(HttpStatusCode.OK);
        (await KidsAsync(one)).ShouldBe([rotated.Kid, KidOf(old)]);
        KidOf(await account.LogInAsync()).ShouldBe(KidOf(old));
        rotated.SignsFrom.ShouldBeGreaterThan(TimeProvider.System.GetUtcNow().AddSeconds(-1));

        var next = await Eventually.BecomesAsync(account.LogInAsync, tokens => KidOf(tokens) == rotated.Kid, TimeSpan.FromSeconds(30));
        // The other replica published it before its first token.
        (await StatusOfAsync(two, next)).ShouldBe(HttpStatusCode.OK);
        (await StatusOfAsync(two, old)).ShouldBe(HttpStatusCode.OK);
        (await KidsAsync(two)).ShouldBe([rotated.Kid, KidOf(old)]);

        await using var database = NpgsqlDataSource.Create(settings["ConnectionStrings:identitydb"]!);
        await using var connection = await database.OpenConnectionAsync();
        // Token lifetime plus a margin after the new key started to sign.
        (await connection.ExecuteScalarAsync<double>(
            "select extract(epoch from o.published_until - n.signs_from)::float8 from signing_keys o, signing_keys n where o.kid = @Old and n.kid = @New",
            new { Old = KidOf(old), New = rotated.Kid })).ShouldBe(660, tolerance: 1);
        await connection.ExecuteAsync("update signing_keys set published_until = now() where kid = @Old", new { Old = KidOf(old) });
        await Eventually.PassesAsync(async () => (await KidsAsync(two)).ShouldBe([rotated.Kid]));
        await Eventually.PassesAsync(async () => (await KidsAsync(one)).ShouldBe([rotated.Kid]));
        (await StatusOfAsync(one, old)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusOfAsync(one, next)).ShouldBe(HttpStatusCode.OK);
        await Eventually.PassesAsync(async () =>
            (await connection.ExecuteScalarAsync<long>("select count(*) from signing_keys")).ShouldBe(1));
    }

    [Fact]
    public async Task A_key_is_replaced_by_itself_when_it_is_old_once_whatever_the_number_of_replicas()
    {
        var settings = await SettingsAsync(Quick);
        await using var one = IdentityApplication.Start(settings);
        await using var two = IdentityApplication.Start(settings);
        var account = await Account.RegisterAsync(one);
        await account.LogInAsync();
        var first = (await KidsAsync(two)).ShouldHaveSingleItem();

        await using var database = NpgsqlDataSource.Create(settings["ConnectionStrings:identitydb"]!);
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync("update signing_keys set created_at = created_at - interval '30 days', signs_from = signs_from - interval '30 days'");
        var next = await Eventually.BecomesAsync(account.LogInAsync, tokens => KidOf(tokens) != first);
        (await StatusOfAsync(two, next)).ShouldBe(HttpStatusCode.OK);
        (await connection.ExecuteScalarAsync<long>("select count(*) from signing_keys")).ShouldBe(2);
    }

    [Theory]
    [InlineData("Identity:AccessTokenLifetime", "10:00:00", "Identity__AccessTokenLifetime")]
    [InlineData("Identity:SigningKeyLead", "00:00:10", "Identity__SigningKeyLead")]
    [InlineData("Identity:SessionLifetime", "1.00:00:00", "Identity__SessionLifetime")]
    [InlineData("Identity:LockoutAttempts", "0", "Identity__LockoutAttempts")]
    [InlineData("Identity:PasswordHashIterations", "1000", "Identity__PasswordHashIterations")]
    [InlineData("Identity:DataProtectionKey", "short", "Identity__DataProtectionKey")]
    public async Task A_bad_setting_stops_the_start_and_names_itself(string key, string value, string named)
    {
        await using var host = identity.Another((key, value));
        Should.Throw<Microsoft.Extensions.Options.OptionsValidationException>(() => host.CreateClient()).Message.ShouldContain(named);
    }

    internal static string KidOf(TokenPair tokens) => new JsonWebToken(tokens.AccessToken).Kid;

    internal static async Task<HttpStatusCode> StatusOfAsync(ServiceFactory<Program> host, TokenPair tokens)
    {
        using var client = host.CreateClient(tokens.AccessToken);
        using var response = await client.GetAsync("/api/v1/me");
        return response.StatusCode;
    }

    private static async Task<string[]> KidsAsync(ServiceFactory<Program> host)
    {
        using var client = host.CreateClient();
        var set = await client.GetFromJsonAsync<KeySet>("/.well-known/jwks.json");
        return [.. set!.Keys.Select(key => key.Kid)];
    }

    private Task<Dictionary<string, string?>> SettingsAsync(params (string Key, string Value)[] more) =>
        IdentityApplication.SettingsAsync(identity.Servers, more);

    private sealed record KeySet(Key[] Keys);

    private sealed record Key(string Kty, string Crv, string Alg, string Use, string Kid, string X, string Y);

    private sealed record Rotated(string Kid, DateTimeOffset SignsFrom);
}
