using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.Identity.Tests;

/// <summary>Networks, roles, changes and rotation of API keys, and keys of other users.</summary>
public sealed class ApiKeyChangeTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/api-keys";

    [Fact]
    public async Task Networks_are_stored_canonically_and_returned_to_the_gateway()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.PostAsJsonAsync(Path, new
        {
            name = "deploy", scopes = new[] { "links:read" },
            allowedNetworks = new[] { "203.0.113.7", "10.1.2.3/8", "2001:DB8:0:0::1/32", "::ffff:192.0.2.0/120", "203.0.113.7/32", "0.0.0.0/0" },
        });
        var key = await response.ShouldBeAsync<Key>(HttpStatusCode.Created);
        key.AllowedNetworks.ShouldBe(["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32", "192.0.2.0/24", "0.0.0.0/0"]);
        (await client.GetFromJsonAsync<Key>($"{Path}/{key.Id}"))!.AllowedNetworks.ShouldBe(key.AllowedNetworks);
        (await ExchangedAsync(key.Secret!, "203.0.113.7")).AllowedNetworks.ShouldBe(key.AllowedNetworks);
    }

    [Fact]
    public async Task In_a_workspace_scheduled_for_deletion_keys_can_only_be_revoked()
    {
        using var team = await Team.CreateAsync(identity);
        using var before = await InsideAsync();
        var key = await CreatedAsync(before, new { name = "deploy", scopes = new[] { "links:read" } });
        using var deleted = await team.OwnerClient.DeleteAsync(team.Path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var client = await InsideAsync();
        foreach (var change in new Func<Task<HttpResponseMessage>>[]
        {
            () => client.PostAsJsonAsync(Path, new { name = "another", scopes = new[] { "links:read" } }),
            () => client.PostAsJsonAsync($"{Path}/{key.Id}/rotate", new { overlapSeconds = 60 }),
            () => client.PatchAsJsonAsync($"{Path}/{key.Id}", new { name = "other" }),
        })
        {
            using var refused = await change();
            await refused.ShouldBeProblemAsync(HttpStatusCode.Conflict, "workspace-deletion-scheduled");
        }

        var listed = (await client.GetFromJsonAsync<Listed<Key>>(Path))!.Items.ShouldHaveSingleItem();
        (listed.Name, listed.RotatedTo).ShouldBe(("deploy", null));
        using var revoked = await client.DeleteAsync($"{Path}/{key.Id}");
        revoked.StatusCode.ShouldBe(HttpStatusCode.NoContent);

        async Task<HttpClient> InsideAsync()
        {
            using var switched = await team.OwnerClient.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = team.Id });
            return identity.Host.CreateClient((await switched.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
        }
    }

    [Fact]
    public async Task An_attempt_from_another_network_is_no_use_of_the_key()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var key = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read" }, allowedNetworks = new[] { "203.0.113.0/24" } });
        await ExchangedAsync(key.Secret!, "198.51.100.1");
        await ExchangedAsync(key.Secret!, null);
        (await client.GetFromJsonAsync<Key>($"{Path}/{key.Id}"))!.LastUsedAt.ShouldBeNull();
        await ExchangedAsync(key.Secret!, "203.0.113.200");
        (await client.GetFromJsonAsync<Key>($"{Path}/{key.Id}"))!.LastUsedAt.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""[]""", "allowedNetworks")]
    [InlineData("""["203.0.113.0/24","x"]""", "allowedNetworks[1]")]
    [InlineData("""["1"]""", "allowedNetworks[0]")]
    [InlineData("""["10.0.0.0/33"]""", "allowedNetworks[0]")]
    [InlineData("""["10.0.0.0/-1"]""", "allowedNetworks[0]")]
    [InlineData("""["10.0.0.0/"]""", "allowedNetworks[0]")]
    [InlineData("""["010.0.0.0/8"]""", "allowedNetworks[0]")]
    [InlineData("""["2001:db8::/129"]""", "allowedNetworks[0]")]
    [InlineData("""["fe80::1%eth0"]""", "allowedNetworks[0]")]
    [InlineData("""["::ffff:10.0.0.0/64"]""", "allowedNetworks[0]")]
    [InlineData("""[null]""", "allowedNetworks[0]")]
    [InlineData("""[""]""", "allowedNetworks[0]")]
    [InlineData(""""10.0.0.0/8"""", "allowedNetworks")]
    public async Task A_bad_network_is_named_and_nothing_is_created_or_changed(string networks, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var created = await client.PostRawAsync(Path, $$"""{"name":"k","scopes":["links:read"],"allowedNetworks":{{networks}}}""");
        await created.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await client.GetFromJsonAsync<Listed<Key>>(Path))!.Items.ShouldBeEmpty();

        var key = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read" } });
        using var changed = await client.PatchAsync($"{Path}/{key.Id}", new StringContent($$"""{"allowedNetworks":{{networks}}}""", System.Text.Encoding.UTF8, "application/json"));
        await changed.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await client.GetFromJsonAsync<Key>($"{Path}/{key.Id}"))!.Version.ShouldBe(1);
    }

    [Fact]
    public async Task More_than_fifty_networks_are_too_many()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.PostAsJsonAsync(
            Path, new { name = "k", scopes = new[] { "links:read" }, allowedNetworks = Enumerable.Range(0, 51).Select(i => $"10.0.{i}.0/24") });
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "allowedNetworks");
    }

    [Fact]
    public async Task A_key_is_changed_under_its_ETag_and_its_tokens_are_issued_again()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var key = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read", "links:write" } });
        var before = await ExchangedAsync(key.Secret!, null);
        using var asKey = identity.Host.CreateClient(before.AccessToken);
        (await asKey.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        using var read = await client.GetAsync($"{Path}/{key.Id}");
        read.Headers.ETag!.Tag.ShouldBe("\"v1\"");
        var change = new { name = "renamed", scopes = new[] { "links:read" }, allowedNetworks = new[] { "203.0.113.0/24" }, expiresAt = "2030-01-01T00:00:00Z" };
        using (var stale = await PatchAsync(client, key.Id, change, "\"v9\""))
        {
            await stale.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
        }

        using var response = await PatchAsync(client, key.Id, change, "\"v1\"");
        response.Headers.ETag!.Tag.ShouldBe("\"v2\"");
        var changed = await response.ShouldBeAsync<Key>(HttpStatusCode.OK);
        changed.Name.ShouldBe("renamed");
        changed.Scopes.ShouldBe(["links:read"]);
        changed.AllowedNetworks.ShouldBe(["203.0.113.0/24"]);
        changed.ExpiresAt.ShouldBe(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
        changed.Prefix.ShouldBe(key.Prefix);

        // The token with the old scopes is refused, even without the gateway.
        await Eventually.PassesAsync(
            async () => (await asKey.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized), TimeSpan.FromSeconds(3));
        var after = await ExchangedAsync(key.Secret!, "203.0.113.1");
        new JsonWebToken(after.AccessToken).GetClaim("scope").Value.ShouldBe("links:read");
        using var asChanged = identity.Host.CreateClient(after.AccessToken);
        (await asChanged.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        using var open = await PatchAsync(client, key.Id, new { allowedNetworks = (string[]?)null, expiresAt = (string?)null });
        var opened = await open.ShouldBeAsync<Key>(HttpStatusCode.OK);
        opened.AllowedNetworks.ShouldBeNull();
        opened.ExpiresAt.ShouldBeNull();
        opened.Name.ShouldBe("renamed");
        var entry = await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "apiKey.changed" && e.TargetId == key.Id.ToString());
        entry.Before!.ShouldContain("links:write");
        entry.After!.ShouldNotContain("links:write");
    }

    [Theory]
    [InlineData("""{"name":null}""", "name")]
    [InlineData("""{"name":" "}""", "name")]
    [InlineData("""{"scopes":null}""", "scopes")]
    [InlineData("""{"scopes":[]}""", "scopes")]
    [InlineData("""{"scopes":["account"]}""", "scopes")]
    [InlineData("""{"expiresAt":"2020-01-01T00:00:00Z"}""", "expiresAt")]
    [InlineData("""{"key":"ls_live_mine"}""", "key")]
    public async Task A_bad_change_names_its_field(string json, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var key = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read" } });
        using var response = await client.PatchAsync($"{Path}/{key.Id}", new StringContent(json, System.Text.Encoding.UTF8, "application/json"));
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await client.GetFromJsonAsync<Key>($"{Path}/{key.Id}"))!.Version.ShouldBe(1);
    }

    [Fact]
    public async Task Rotation_gives_a_new_key_once_and_the_old_one_ends_with_the_overlap()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var old = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read" }, allowedNetworks = new[] { "203.0.113.0/24" } });
        using var response = await client.PostAsJsonAsync($"{Path}/{old.Id}/rotate", new { overlapSeconds = 3600 });
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var rotated = await response.ShouldBeAsync<Key>(HttpStatusCode.Created);
        rotated.Secret.ShouldNotBe(old.Secret);
        rotated.Name.ShouldBe("k");
        rotated.Scopes.ShouldBe(["links:read"]);
        rotated.AllowedNetworks.ShouldBe(["203.0.113.0/24"]);
        rotated.OldKeyExpiresAt!.Value.ShouldBeInRange(TimeProvider.System.GetUtcNow().AddMinutes(59), TimeProvider.System.GetUtcNow().AddMinutes(61));
        await ExchangedAsync(rotated.Secret!, null);
        await ExchangedAsync(old.Secret!, null);
        (await client.GetFromJsonAsync<Key>($"{Path}/{old.Id}"))!.RotatedTo.ShouldBe(rotated.Id);

        using (var twice = await client.PostAsJsonAsync($"{Path}/{old.Id}/rotate", new { overlapSeconds = 0 }))
        {
            await twice.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        }

        using (var longer = await PatchAsync(client, old.Id, new { expiresAt = "2030-01-01T00:00:00Z" }))
        {
            await longer.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "expiresAt");
        }

        await identity.ExecuteAsync("update api_keys set expires_at = now() where id = @Id", new { old.Id });
        (await ExchangeAsync(old.Secret!, null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await ExchangedAsync(rotated.Secret!, null);
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "apiKey.rotated" && e.TargetId == old.Id.ToString());
    }

    [Fact]
    public async Task Rotation_without_overlap_ends_the_old_key_and_its_tokens_immediately()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var old = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read" } });
        using var asOld = identity.Host.CreateClient((await ExchangedAsync(old.Secret!, null)).AccessToken);
        (await asOld.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var response = await client.PostAsJsonAsync($"{Path}/{old.Id}/rotate", new { overlapSeconds = 0 });
        var rotated = await response.ShouldBeAsync<Key>(HttpStatusCode.Created);
        (await ExchangeAsync(old.Secret!, null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await identity.Events.HearsAsync<ApiKeyRevoked>(e => e.KeyId == old.Id);
        await Eventually.PassesAsync(
            async () => (await asOld.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized), TimeSpan.FromSeconds(3));
        (await client.GetFromJsonAsync<Listed<Key>>(Path))!.Items.ShouldHaveSingleItem().Id.ShouldBe(rotated.Id);
        foreach (var seconds in new[] { "-1", "2592001", "1.5", "null", "\"x\"" })
        {
            using var bad = await client.PostRawAsync($"{Path}/{rotated.Id}/rotate", $$"""{"overlapSeconds":{{seconds}}}""");
            await bad.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "overlapSeconds");
        }
    }

    [Fact]
    public async Task A_repeated_rotation_with_its_idempotency_key_gives_the_same_key()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        var old = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read" } });
        client.DefaultRequestHeaders.Add("Idempotency-Key", "rotate-once");
        using var first = await client.PostAsJsonAsync($"{Path}/{old.Id}/rotate", new { overlapSeconds = 60 });
        using var second = await client.PostAsJsonAsync($"{Path}/{old.Id}/rotate", new { overlapSeconds = 60 });
        (await second.ShouldBeAsync<Key>(HttpStatusCode.Created)).Secret.ShouldBe((await first.ShouldBeAsync<Key>(HttpStatusCode.Created)).Secret);
        (await client.GetFromJsonAsync<Listed<Key>>(Path))!.Items.Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_revoked_keys_tokens_are_refused_even_without_the_gateway()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var key = await CreatedAsync(client, new { name = "k", scopes = new[] { "links:read" } });
        using var asKey = identity.Host.CreateClient((await ExchangedAsync(key.Secret!, null)).AccessToken);
        (await asKey.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.DeleteAsync($"{Path}/{key.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.PassesAsync(
            async () => (await asKey.GetAsync("/api/v1/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized), TimeSpan.FromSeconds(3));
        await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == account.Id && e.Kind == SecurityNoticeKinds.ApiKeyRevoked && e.Detail == "k");
        await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "apiKey.revoked" && e.TargetId == key.Id.ToString());
        var created = await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "apiKey.created" && e.TargetId == key.Id.ToString());
        created.After!.ShouldNotContain(key.Secret!);
        created.ActorId.ShouldBe(account.Id);
    }

    [Fact]
    public async Task Members_have_their_own_keys_and_admins_can_see_and_revoke_all_but_not_use_them()
    {
        var owner = await identity.RegisterAsync();
        var (member, other, admin) = (await JoinAsync(owner, "member"), await JoinAsync(owner, "member"), await JoinAsync(owner, "admin"));
        var viewer = await JoinAsync(owner, "viewer");
        var key = await CreatedAsync(member, new { name = "member's", scopes = new[] { "links:read" } });
        var owners = await CreatedAsync(admin, new { name = "admin's", scopes = new[] { "audit:read" } });

        (await member.GetFromJsonAsync<Listed<Key>>(Path))!.Items.ShouldHaveSingleItem().Id.ShouldBe(key.Id);
        (await other.GetFromJsonAsync<Listed<Key>>(Path))!.Items.ShouldBeEmpty();
        (await admin.GetFromJsonAsync<Listed<Key>>(Path))!.Items.Select(each => each.Id).ShouldBe([owners.Id, key.Id], ignoreOrder: true);
        (await viewer.GetAsync(Path)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        foreach (var answer in new[]
        {
            await other.GetAsync($"{Path}/{key.Id}"),
            await other.DeleteAsync($"{Path}/{key.Id}"),
            await PatchAsync(other, key.Id, new { name = "mine" }),
            await other.PostAsJsonAsync($"{Path}/{key.Id}/rotate", new { overlapSeconds = 60 }),
            await member.GetAsync($"{Path}/{owners.Id}"),
        })
        {
            await answer.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        }

        // A key acts as its creator, so no one else can extend it or get a new secret for it.
        foreach (var answer in new[]
        {
            await PatchAsync(admin, key.Id, new { name = "mine" }),
            await admin.PostAsJsonAsync($"{Path}/{key.Id}/rotate", new { overlapSeconds = 60 }),
        })
        {
            await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        }

        (await admin.DeleteAsync($"{Path}/{key.Id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ExchangeAsync(key.Secret!, null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Nobody_gives_a_key_more_than_they_may_do_themselves()
    {
        var owner = await identity.RegisterAsync();
        var member = await JoinAsync(owner, "member");
        using var response = await member.PostAsJsonAsync(Path, new { name = "k", scopes = new[] { "links:read", "audit:read" } });
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "scopes");
        var key = await CreatedAsync(member, new { name = "k", scopes = new[] { "links:read", "links:write", "analytics:read" } });
        using var widened = await PatchAsync(member, key.Id, new { scopes = new[] { "audit:read" } });
        await widened.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "scopes");
        // The current role counts, not the token's.
        await identity.ExecuteAsync("update members set role = 'viewer' where workspace_id = @WorkspaceId and role = 'member'", new { owner.WorkspaceId });
        using var degraded = await PatchAsync(member, key.Id, new { scopes = new[] { "links:write" } });
        await degraded.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "scopes");
        new JsonWebToken((await ExchangedAsync(key.Secret!, null)).AccessToken).GetClaim("role").Value.ShouldBe("viewer", "so that its links:write is worth nothing");
    }

    /// <summary>A new user, signed in to the owner's workspace with this role.</summary>
    private async Task<HttpClient> JoinAsync(Account owner, string role)
    {
        var account = await identity.RegisterAsync();
        await identity.ExecuteAsync(
            "insert into members (workspace_id, user_id, role, joined_at) values (@WorkspaceId, @Id, @role, now())", new { owner.WorkspaceId, account.Id, role });
        using var client = await account.SignedInAsync();
        using var response = await client.PostAsJsonAsync("/api/v1/auth/switch", new { workspaceId = owner.WorkspaceId });
        return identity.Host.CreateClient((await response.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
    }

    private static async Task<Key> CreatedAsync(HttpClient client, object body)
    {
        using var response = await client.PostAsJsonAsync(Path, body);
        return await response.ShouldBeAsync<Key>(HttpStatusCode.Created);
    }

    private static async Task<HttpResponseMessage> PatchAsync(HttpClient client, Guid id, object body, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Patch, $"{Path}/{id}") { Content = JsonContent.Create(body) };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return await client.SendAsync(request);
    }

    private async Task<HttpResponseMessage> ExchangeAsync(string key, string? address)
    {
        using var client = identity.Host.CreateInternalClient();
        return await client.PostAsJsonAsync("/internal/api-keys/exchange", new { key, address });
    }

    private async Task<Exchange> ExchangedAsync(string key, string? address)
    {
        using var response = await ExchangeAsync(key, address);
        return await response.ShouldBeAsync<Exchange>(HttpStatusCode.OK);
    }

    private sealed record Exchange(string AccessToken, int ExpiresIn, string[]? AllowedNetworks);

    private sealed record Key
    {
        public Guid Id { get; init; }

        public string Name { get; init; } = "";

        public string Prefix { get; init; } = "";

        public string[] Scopes { get; init; } = [];

        public string[]? AllowedNetworks { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public DateTimeOffset? LastUsedAt { get; init; }

        public DateTimeOffset? OldKeyExpiresAt { get; init; }

        public Guid? RotatedTo { get; init; }

        public long Version { get; init; }

        [System.Text.Json.Serialization.JsonPropertyName("key")]
        public string? Secret { get; init; }
    }
}
