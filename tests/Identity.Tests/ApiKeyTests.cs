using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

public sealed class ApiKeyTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/api-keys";

    [Fact]
    public async Task A_key_is_shown_once_and_stored_as_a_hash()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await CreateAsync(client, "deploy", ["links:write", "links:read", "links:write"]);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var key = await response.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        response.Headers.Location!.ToString().ShouldBe($"{Path}/{key.Id}");
        key.Key.ShouldMatch("^ls_live_[A-Za-z0-9_-]{43}$");
        key.Prefix.ShouldBe(key.Key[..12]);
        key.Name.ShouldBe("deploy");
        key.Scopes.ShouldBe(["links:read", "links:write"]);
        key.ExpiresAt.ShouldBeNull();
        key.Id.Version.ShouldBe(7);

        (await identity.QueryAsync<string>("select key_hash from api_keys where id = @Id", new { key.Id })).ShouldBe(ApiKeyHash.Of(key.Key));
        (await identity.QueryAsync<bool>("select api_keys::text like '%' || @Secret || '%' from api_keys where id = @Id", new { key.Id, Secret = key.Key[12..] }))
            .ShouldBeFalse();
        var list = await client.GetStringAsync(Path);
        list.ShouldContain(key.Id.ToString());
        list.ShouldNotContain(key.Key);
        list.ShouldNotContain(ApiKeyHash.Of(key.Key));
    }

    [Fact]
    public async Task A_key_is_exchanged_for_a_token_of_its_scopes()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var key = await CreatedAsync(client, ["links:read"]);
        var exchanged = await ExchangedAsync(key.Key);
        exchanged.ExpiresIn.ShouldBe(600);
        var token = new JsonWebToken(exchanged.AccessToken);
        token.Subject.ShouldBe(account.Id.ToString());
        token.GetClaim("ws").Value.ShouldBe(account.WorkspaceId.ToString());
        token.GetClaim("scope").Value.ShouldBe("links:read");
        token.GetClaim("key").Value.ShouldBe(key.Id.ToString());
        token.GetClaim("role").Value.ShouldBe("owner");

        // A key gives no access to the account, so it can't create another key.
        using var asKey = identity.Host.CreateClient(exchanged.AccessToken);
        using var profile = await asKey.GetAsync("/api/v1/me");
        await profile.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        using var another = await CreateAsync(asKey, "more", ["links:read"]);
        await another.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_and_published_once()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var key = await CreatedAsync(client, ["links:read"]);
        using var revoked = await client.DeleteAsync($"{Path}/{key.Id}");
        revoked.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var exchange = await ExchangeAsync(key.Key);
        await exchange.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var again = await client.DeleteAsync($"{Path}/{key.Id}");
        await again.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        (await client.GetFromJsonAsync<Listed<ListedKey>>(Path))!.Items.ShouldBeEmpty();

        var heard = await identity.Events.HearsAsync<ApiKeyRevoked>(e => e.KeyId == key.Id);
        heard.KeyHash.ShouldBe(ApiKeyHash.Of(key.Key));
        heard.WorkspaceId.ShouldBe(account.WorkspaceId);
        var later = await CreatedAsync(client, ["links:read"]);
        (await client.DeleteAsync($"{Path}/{later.Id}")).Dispose();
        await identity.Events.HearsAsync<ApiKeyRevoked>(e => e.KeyId == later.Id);
        identity.Events.Heard<ApiKeyRevoked>(e => e.KeyId == key.Id).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Parallel_revocations_publish_one_event()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var key = await CreatedAsync(client, ["links:read"]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var response = await client.DeleteAsync($"{Path}/{key.Id}");
            return response.StatusCode;
        }));
        answers.Count(status => status == HttpStatusCode.NoContent).ShouldBe(1);
        answers.Count(status => status == HttpStatusCode.NotFound).ShouldBe(5);
    }

    [Fact]
    public async Task Another_workspace_neither_sees_nor_revokes_a_key()
    {
        using var mine = await (await identity.RegisterAsync()).SignedInAsync();
        using var theirs = await (await identity.RegisterAsync()).SignedInAsync();
        var key = await CreatedAsync(mine, ["links:read"]);
        (await theirs.GetFromJsonAsync<Listed<ListedKey>>(Path))!.Items.ShouldBeEmpty();
        using var response = await theirs.DeleteAsync($"{Path}/{key.Id}");
        await response.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        (await ExchangedAsync(key.Key)).AccessToken.ShouldNotBeEmpty();
        (await mine.GetFromJsonAsync<Listed<ListedKey>>(Path))!.Items.ShouldHaveSingleItem().Id.ShouldBe(key.Id);
    }

    [Fact]
    public async Task An_expired_key_is_refused_and_a_token_never_outlives_its_key()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.PostAsJsonAsync(
            Path, new { name = "soon", scopes = new[] { "links:read" }, expiresAt = TimeProvider.System.GetUtcNow().AddMinutes(2) });
        var key = await response.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        var exchanged = await ExchangedAsync(key.Key);
        exchanged.ExpiresIn.ShouldBeInRange(60, 120);
        new JsonWebToken(exchanged.AccessToken).ValidTo.ShouldBeLessThanOrEqualTo(key.ExpiresAt!.Value.UtcDateTime);

        await identity.ExecuteAsync("update api_keys set expires_at = now() where id = @Id", new { key.Id });
        using var refused = await ExchangeAsync(key.Key);
        await refused.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_refusal_says_whether_the_key_exists_so_that_one_that_becomes_valid_again_is_not_remembered()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var key = await CreatedAsync(client, ["links:read"]);
        (await ExistsAsync("ls_live_" + new string('x', 43))).ShouldBe(false);
        (await ExistsAsync("no key at all")).ShouldBe(false);

        await identity.ExecuteAsync("update api_keys set expires_at = now() where id = @Id", new { key.Id });
        (await ExistsAsync(key.Key)).ShouldBe(true);
        using var extended = await client.PatchAsJsonAsync($"{Path}/{key.Id}", new { expiresAt = (DateTimeOffset?)null });
        extended.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ExchangedAsync(key.Key)).AccessToken.ShouldNotBeEmpty();

        await identity.ExecuteAsync(
            "insert into user_suspensions (user_id, reason, suspended_by, suspended_at) values (@Id, 'spam', @Id, now())", new { account.Id });
        (await ExistsAsync(key.Key)).ShouldBe(true);
        await identity.ExecuteAsync("delete from user_suspensions where user_id = @Id", new { account.Id });
        (await ExchangedAsync(key.Key)).AccessToken.ShouldNotBeEmpty();

        using var revoked = await client.DeleteAsync($"{Path}/{key.Id}");
        revoked.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ExistsAsync(key.Key)).ShouldBe(true);

        async Task<bool> ExistsAsync(string value)
        {
            using var refused = await ExchangeAsync(value);
            await refused.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
            return (await refused.Content.ReadFromJsonAsync<System.Text.Json.Nodes.JsonNode>())!["exists"]!.GetValue<bool>();
        }
    }

    [Fact]
    public async Task A_key_of_someone_who_left_the_workspace_is_refused()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var key = await CreatedAsync(client, ["links:read"]);
        await identity.ExecuteAsync("delete from members where user_id = @Id", new { account.Id });
        using var refused = await ExchangeAsync(key.Key);
        await refused.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task The_last_use_is_recorded_once_a_minute()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var key = await CreatedAsync(client, ["links:read"]);
        (await LastUsedAsync()).ShouldBeNull();
        await ExchangedAsync(key.Key);
        var first = await LastUsedAsync();
        first.ShouldNotBeNull();
        await ExchangedAsync(key.Key);
        (await LastUsedAsync()).ShouldBe(first);
        await identity.ExecuteAsync("update api_keys set last_used_at = last_used_at - interval '61 seconds' where id = @Id", new { key.Id });
        await ExchangedAsync(key.Key);
        (await LastUsedAsync()).ShouldNotBeNull().ShouldBeGreaterThan(first.Value);

        async Task<DateTimeOffset?> LastUsedAsync() =>
            (await client.GetFromJsonAsync<Listed<ListedKey>>(Path))!.Items.ShouldHaveSingleItem().LastUsedAt;
    }

    [Theory]
    [InlineData("ls_live_")]
    [InlineData("ls_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("ls_test_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("")]
    [InlineData("ls_live_' or 1=1 --")]
    public async Task An_unknown_key_is_refused(string key)
    {
        using var refused = await ExchangeAsync(key);
        await refused.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Only_our_own_services_can_exchange_keys()
    {
        var account = await identity.RegisterAsync();
        using var signedIn = await account.SignedInAsync();
        var key = await CreatedAsync(signedIn, ["links:read"]);
        foreach (var headers in new Dictionary<string, string>[] { [], new() { [InternalKey.Header] = "wrong" }, new() { [InternalKey.Header] = "" } })
        {
            foreach (var path in new[] { "/internal/api-keys/exchange", "/internal/signing-keys/rotate" })
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(new { key = key.Key }) };
                foreach (var (name, value) in headers)
                {
                    request.Headers.TryAddWithoutValidation(name, value);
                }

                using var response = await signedIn.SendAsync(request);
                response.StatusCode.ShouldBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden);
            }
        }
    }

    [Fact]
    public async Task Keys_come_newest_first_page_by_page()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var created = new List<Guid>();
        for (var i = 0; i < 5; i++)
        {
            created.Add((await CreatedAsync(client, ["analytics:read"])).Id);
        }

        var seen = new List<Guid>();
        string? cursor = null;
        do
        {
            var page = await client.GetFromJsonAsync<Listed<ListedKey>>($"{Path}?limit=2&cursor={cursor}");
            seen.AddRange(page!.Items.Select(key => key.Id));
            cursor = page.NextCursor;
            if (seen.Count == 2)
            {
                // A key created meanwhile belongs to the first page, and doesn't shift the next.
                await CreatedAsync(client, ["links:read"]);
            }
        }
        while (cursor is not null);
        seen.ShouldBe(Enumerable.Reverse(created).OrderByDescending(id => id.ToString(), StringComparer.Ordinal));
    }

    [Fact]
    public async Task Repeating_a_request_with_its_idempotency_key_gives_the_same_key_and_keeps_it_encrypted()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "make-one");
        using var first = await CreateAsync(client, "deploy", ["links:read"]);
        var created = await first.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        using var second = await CreateAsync(client, "deploy", ["links:read"]);
        var again = await second.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        again.Key.ShouldBe(created.Key);
        again.Id.ShouldBe(created.Id);
        second.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await client.GetFromJsonAsync<Listed<ListedKey>>(Path))!.Items.ShouldHaveSingleItem();
        await ExchangedAsync(created.Key);
        (await identity.QueryAsync<bool>(
            "select position(convert_to(@Key, 'UTF8') in body) > 0 from idempotency_keys where operation_id = @Id", new { created.Key, created.Id })).ShouldBeFalse();

        using var other = await CreateAsync(client, "other", ["links:read"]);
        await other.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency-mismatch");
        // Another caller's key of the same name is another key.
        using var stranger = await (await identity.RegisterAsync()).SignedInAsync();
        stranger.DefaultRequestHeaders.Add("Idempotency-Key", "make-one");
        using var theirs = await CreateAsync(stranger, "deploy", ["links:read"]);
        (await theirs.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created)).Key.ShouldNotBe(created.Key);
    }

    [Fact]
    public async Task An_attempt_that_failed_before_its_response_is_continued_by_the_next_one()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "dies");
        using var first = await CreateAsync(client, "deploy", ["links:read"]);
        var lost = await first.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        // As if the process had been killed between the commit and the response.
        await identity.ExecuteAsync(
            "update idempotency_keys set status = null, headers = null, body = null, locked_until = now() where operation_id = @Id", new { lost.Id });
        using var second = await CreateAsync(client, "deploy", ["links:read"]);
        var found = await second.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
        found.Id.ShouldBe(lost.Id);
        found.Key.ShouldNotBe(lost.Key);
        (await client.GetFromJsonAsync<Listed<ListedKey>>(Path))!.Items.ShouldHaveSingleItem().Prefix.ShouldBe(found.Prefix);
        await ExchangedAsync(found.Key);
        using var refused = await ExchangeAsync(lost.Key);
        refused.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"name":"","scopes":["links:read"]}""", "name")]
    [InlineData("""{"name":"a\u0000b","scopes":["links:read"]}""", "name")]
    [InlineData("""{"name":"a\nb","scopes":["links:read"]}""", "name")]
    [InlineData("""{"name":"k","scopes":[]}""", "scopes")]
    [InlineData("""{"name":"k","scopes":["account"]}""", "scopes")]
    [InlineData("""{"name":"k","scopes":["links:read","links:own"]}""", "scopes")]
    [InlineData("""{"name":"k","scopes":["LINKS:READ"]}""", "scopes")]
    [InlineData("""{"name":"k","scopes":[null]}""", "scopes")]
    [InlineData("""{"name":"k","scopes":"links:read"}""", "scopes")]
    [InlineData("""{"name":"k","scopes":["links:read"],"expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"name":"k","scopes":["links:read"],"expiresAt":"tomorrow"}""", "expiresAt")]
    [InlineData("""{"name":"k","scopes":["links:read"],"expiresAt":1795000000}""", "expiresAt")]
    [InlineData("""{"name":"k","scopes":["links:read"],"expires_at":"2030-01-01T00:00:00Z"}""", "expires_at")]
    public async Task A_bad_key_request_names_its_field_and_makes_no_key(string json, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.PostRawAsync(Path, json);
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await client.GetFromJsonAsync<Listed<ListedKey>>(Path))!.Items.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("not-a-guid")]
    [InlineData("00000000-0000-0000-0000-00000000000g")]
    [InlineData("%27%20or%201=1")]
    public async Task A_bad_id_is_refused(string id)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.DeleteAsync($"{Path}/{id}");
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "id");
    }

    [Theory]
    [InlineData("/api/v1/api-keys", "limit=0", "limit")]
    [InlineData("/api/v1/api-keys", "limit=201", "limit")]
    [InlineData("/api/v1/api-keys", "limit=abc", "limit")]
    [InlineData("/api/v1/api-keys", "limit=99999999999999", "limit")]
    [InlineData("/api/v1/api-keys", "cursor=%20", "cursor")]
    [InlineData("/api/v1/api-keys", "cursor=AAAA", "cursor")]
    [InlineData("/api/v1/api-keys", "cursor=e30x", "cursor")]
    [InlineData("/api/v1/api-keys", "cursor=WzFd", "cursor")]
    [InlineData("/api/v1/workspaces", "limit=-1", "limit")]
    [InlineData("/api/v1/workspaces", "cursor=%ff%fe", "cursor")]
    [InlineData("/api/v1/workspaces", "cursor=eyJJZCI6MX0", "cursor")]
    public async Task A_bad_page_is_refused_by_its_parameter(string path, string query, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.GetAsync($"{path}?{query}");
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
    }

    private static Task<HttpResponseMessage> CreateAsync(HttpClient client, string name, string[] scopes) =>
        client.PostAsJsonAsync(Path, new { name, scopes });

    private static async Task<CreatedKey> CreatedAsync(HttpClient client, string[] scopes)
    {
        using var response = await CreateAsync(client, "key", scopes);
        return await response.ShouldBeAsync<CreatedKey>(HttpStatusCode.Created);
    }

    private async Task<HttpResponseMessage> ExchangeAsync(string key)
    {
        using var client = identity.Host.CreateInternalClient();
        return await client.PostAsJsonAsync("/internal/api-keys/exchange", new { key });
    }

    private async Task<Exchanged> ExchangedAsync(string key)
    {
        using var response = await ExchangeAsync(key);
        return await response.ShouldBeAsync<Exchanged>(HttpStatusCode.OK);
    }
}
