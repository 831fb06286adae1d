using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Identity.AuditLog;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LinkShort.Identity.Tests;

public sealed class AuditLogTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/audit-log";

    [Fact]
    public async Task What_a_service_says_was_done_is_in_the_log_of_its_workspace_and_of_no_other()
    {
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        var (_, stranger) = await NewWorkspaceAsync();
        using var other = stranger;
        var entry = Entry(account, "link.created", after: """{"url":"https://example.com/é","password":"***"}""");
        await identity.Events.PublishAsync(entry);

        var found = (await EntriesAsync(client, 1)).ShouldHaveSingleItem();

        found.Id.ShouldBe(entry.EntryId);
        found.Sequence.ShouldBe(1);
        found.Actor.ShouldBe(new Actor("user", account.Id, null, null, account.Email));
        found.Action.ShouldBe("link.created");
        found.Target.ShouldBe(new Target("link", entry.TargetId));
        found.Before.ShouldBeNull();
        found.After!["url"]!.GetValue<string>().ShouldBe("https://example.com/é");
        found.Network.ShouldBe("192.0.2.0/24");
        found.UserAgent.ShouldBe("Test/1");
        found.TraceId.ShouldBe("trace");
        found.At.ShouldBe(entry.At, TimeSpan.FromMilliseconds(0.001));
        (await stranger.GetFromJsonAsync<Listed<LoggedEntry>>(Path))!.Items.ShouldBeEmpty();
        (await VerifyAsync(stranger)).ShouldBe(new Verified(true, 0, null));
    }

    [Fact]
    public async Task A_change_of_a_profile_is_in_the_users_own_chain_and_not_in_the_workspaces()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var changed = await client.PatchAsJsonAsync("/api/v1/me", new { name = "Ada" });
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);

        await Eventually.PassesAsync(async () => (await identity.QueryAsync<string>(
            "select action || ' ' || before || ' ' || after from audit_log where chain = @Id and workspace_id is null and action = 'profile.changed'", new { account.Id }))
            .ShouldBe("""
                profile.changed {"name":null,"locale":"en","timeZone":null,"theme":null,"onboarding":"open"} {"name":"Ada","locale":"en","timeZone":null,"theme":null,"onboarding":"open"}
                """));
        (await client.GetFromJsonAsync<Listed<LoggedEntry>>($"{Path}?action=profile.*"))!.Items.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_log_is_filtered_by_actor_action_target_and_time_and_read_page_by_page()
    {
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        var key = Guid.CreateVersion7();
        var start = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
        AuditRecorded[] all =
        [
            Entry(account, "link.created") with { At = start, TargetId = "a" },
            Entry(account, "link.removed") with { At = start.AddHours(1), TargetId = "a" },
            Entry(account, "linkage.created") with { At = start.AddHours(2), TargetType = "linkage", TargetId = "b" },
            Entry(account, "member.removed") with { At = start.AddHours(3), TargetType = "member", ActorKind = "apiKey", ApiKeyId = key, TargetId = "c" },
            Entry(account, "workspace.suspended") with { At = start.AddHours(4), TargetType = "workspace", ActorKind = "operator", ActorId = null, TargetId = "d" },
        ];
        foreach (var entry in all)
        {
            await identity.Events.PublishAsync(entry);
            // Sequential, so that the order is known.
            await EntriesAsync(client, Array.IndexOf(all, entry) + 1);
        }

        (await ActionsAsync("")).ShouldBe(["workspace.suspended", "member.removed", "linkage.created", "link.removed", "link.created"]);
        (await ActionsAsync("action=link.*")).ShouldBe(["link.removed", "link.created"]);
        (await ActionsAsync("action=link.created")).ShouldBe(["link.created"]);
        (await ActionsAsync("action=link")).ShouldBeEmpty();
        (await ActionsAsync("actor=operator")).ShouldBe(["workspace.suspended"]);
        (await ActionsAsync($"actor={key}")).ShouldBe(["member.removed"]);
        (await ActionsAsync($"actor={account.Id}")).Count.ShouldBe(4);
        (await ActionsAsync("target=a")).ShouldBe(["link.removed", "link.created"]);
        (await ActionsAsync("target=member")).ShouldBe(["member.removed"]);
        (await ActionsAsync("target=link:a&action=link.removed")).ShouldBe(["link.removed"]);
        (await ActionsAsync("target=member:a")).ShouldBeEmpty();
        (await ActionsAsync("from=2026-11-01T01:00:00Z&to=2026-11-01T03:00:00Z")).ShouldBe(["linkage.created", "link.removed"]);
        (await ActionsAsync("from=2026-11-01t01:00:00z&to=2026-11-01T04:00:00.000000000%2B01:00")).ShouldBe(["linkage.created", "link.removed"]);

        var read = new List<string>();
        string? cursor = null;
        do
        {
            var page = await client.GetFromJsonAsync<Listed<LoggedEntry>>($"{Path}?limit=2" + (cursor is null ? "" : $"&cursor={cursor}"));
            page!.Items.Length.ShouldBeLessThanOrEqualTo(2);
            read.AddRange(page.Items.Select(item => item.Action));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        read.ShouldBe(all.Reverse().Select(entry => entry.Action));

        async Task<IReadOnlyList<string>> ActionsAsync(string query) =>
            [.. (await client.GetFromJsonAsync<Listed<LoggedEntry>>($"{Path}?{query}"))!.Items.Select(item => item.Action)];
    }

    [Theory]
    [InlineData("actor=nobody", "actor")]
    [InlineData("action=", "action")]
    [InlineData("target=%07", "target")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-11-01T00:00:00", "from")]
    [InlineData("from=2026-11-01T00:00:00+01:00", "from")]
    [InlineData("to=2016-12-31T23:59:60Z", "to")]
    [InlineData("to=2026-13-01T00:00:00Z", "to")]
    [InlineData("from=2026-11-02&to=2026-11-01", "to")]
    [InlineData("limit=0", "limit")]
    [InlineData("cursor=x", "cursor")]
    [InlineData("who=me", "who")]
    public async Task A_bad_filter_is_refused_by_name(string query, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var list = await client.GetAsync($"{Path}?{query}");
        await list.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        using var export = await client.GetAsync($"{Path}/export?format=json&{query}");
        await export.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
    }

    [Fact]
    public async Task Concurrent_appends_of_replicas_make_one_chain_with_each_entry_once()
    {
        await using var another = identity.Another();
        another.CreateClient().Dispose();
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        const int Count = 120;
        var entries = Enumerable.Range(0, Count).Select(number => Entry(account, $"test.n{number}")).ToArray();
        var ids = entries.Select(_ => Guid.CreateVersion7()).ToArray();
        // The same message again, and the same entry under another message.
        await Task.WhenAll(entries.Select((entry, number) => identity.Events.PublishAsync(entry, ids[number]))
            .Concat(entries.Select((entry, number) => identity.Events.PublishAsync(entry, ids[number])))
            .Concat(entries.Take(20).Select(entry => identity.Events.PublishAsync(entry))));

        await Eventually.PassesAsync(async () => (await VerifyAsync(client)).ShouldBe(new Verified(true, Count, null)));
        var inOrder = await identity.QueryAsync<string>(
            "select count(distinct entry_id) || ' ' || min(sequence) || ' ' || max(sequence) from audit_log where chain = @WorkspaceId", new { account.WorkspaceId });
        inOrder.ShouldBe($"{Count} 1 {Count}");
    }

    [Theory]
    [InlineData("update audit_log set action = 'test.other' where chain = @Chain and sequence = 3", 3, "changed")]
    [InlineData("update audit_log set actor_id = null where chain = @Chain and sequence = 3", 3, "changed")]
    [InlineData("update audit_log set at = at + interval '1 microsecond' where chain = @Chain and sequence = 3", 3, "changed")]
    [InlineData("update audit_log set after = null where chain = @Chain and sequence = 3", 3, "details were changed")]
    [InlineData("update audit_log set after = after || ' ' where chain = @Chain and sequence = 3", 3, "details were changed")]
    [InlineData("update audit_log set network = '198.51.100.0/24' where chain = @Chain and sequence = 3", 3, "details were changed")]
    [InlineData("update audit_log set hash = sha256(hash) where chain = @Chain and sequence = 3", 3, "changed")]
    [InlineData("update audit_log set details_erased = true, before = null, after = null, network = null, user_agent = null, salt = null where chain = @Chain and sequence = 3", 3, "details were removed")]
    [InlineData("delete from audit_log where chain = @Chain and sequence = 1", 1, "Entry 1 is missing")]
    [InlineData("delete from audit_log where chain = @Chain and sequence = 3", 3, "Entry 3 is missing")]
    [InlineData("delete from audit_log where chain = @Chain and sequence = 5", 5, "The end is missing: entries 5 to 5")]
    [InlineData("delete from audit_log where chain = @Chain and sequence >= 2", 2, "entries 2 to 5")]
    [InlineData("delete from audit_log where chain = @Chain", 1, "entries 1 to 5")]
    [InlineData("update audit_log set sequence = 30 where chain = @Chain and sequence = 2; update audit_log set sequence = 2 where chain = @Chain and sequence = 3; update audit_log set sequence = 3 where chain = @Chain and sequence = 30", 2, "doesn't match the previous entry")]
    [InlineData("update audit_log set sequence = 99 where chain = @Chain and sequence = 2", 2, "Entry 2 is missing")]
    [InlineData("insert into audit_log select chain, 6, encoding, gen_random_uuid(), workspace_id, actor_kind, actor_id, api_key_id, action, target_type, target_id, trace_id, at, recorded_at, before, after, network, user_agent, salt, details_erased, details_digest, hash, sha256(hash) from audit_log where chain = @Chain and sequence = 5", 6, "changed")]
    [InlineData("update audit_chains set anchor_sequence = 2, anchor_hash = (select hash from audit_log where chain = @Chain and sequence = 2) where chain = @Chain; delete from audit_log where chain = @Chain and sequence <= 2", 2, "no entry records that retention removed them")]
    [InlineData("update audit_chains set last_sequence = 4, last_hash = (select hash from audit_log where chain = @Chain and sequence = 4) where chain = @Chain", 6, "past the end")]
    public async Task Whatever_is_done_to_the_table_is_found(string damage, long sequence, string why)
    {
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        for (var number = 1; number <= 5; number++)
        {
            await identity.Events.PublishAsync(Entry(account, "test.done", after: $$"""{"n":{{number}}}"""));
        }

        await Eventually.PassesAsync(async () => (await VerifyAsync(client)).ShouldBe(new Verified(true, 5, null)));
        // Only the database's owner can do this, not the application: see the next test.
        await using (var connection = await identity.Database.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken))
        await using (var command = new NpgsqlCommand(
            "set local session_replication_role = replica;" + damage.Replace("@Chain", $"'{account.WorkspaceId}'", StringComparison.Ordinal), connection, transaction))
        {
            (await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBeGreaterThan(0);
            await transaction.CommitAsync(TestContext.Current.CancellationToken);
        }

        var verified = await VerifyAsync(client);

        verified.Valid.ShouldBeFalse();
        verified.FirstBroken.ShouldNotBeNull();
        verified.FirstBroken.Why.ShouldContain(why);
        verified.FirstBroken.Sequence.ShouldBe(sequence);
    }

    [Theory]
    [InlineData("update audit_log set action = 'test.other' where chain = @Chain")]
    [InlineData("delete from audit_log where chain = @Chain")]
    [InlineData("truncate audit_log")]
    [InlineData("delete from audit_chains where chain = @Chain")]
    [InlineData("update audit_chains set last_sequence = 0 where chain = @Chain")]
    [InlineData("select set_config('linkshort.audit_log', 'erasure', true); delete from audit_log where chain = @Chain")]
    [InlineData("select set_config('linkshort.audit_log', 'retention', true); update audit_log set details_erased = true, before = null, after = null, network = null, user_agent = null, salt = null where chain = @Chain")]
    [InlineData("select set_config('linkshort.audit_log', 'erasure', true); update audit_log set action = 'x', details_erased = true, before = null, after = null, network = null, user_agent = null, salt = null where chain = @Chain")]
    public async Task The_log_is_append_only(string sql)
    {
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        await identity.Events.PublishAsync(Entry(account, "test.done"));
        await EntriesAsync(client, 1);

        var refused = await Should.ThrowAsync<PostgresException>(() => identity.ExecuteAsync(sql.Replace("@Chain", $"'{account.WorkspaceId}'", StringComparison.Ordinal)));

        refused.SqlState.ShouldBe("42501");
        (await VerifyAsync(client)).ShouldBe(new Verified(true, 1, null));
    }

    [Fact]
    public async Task Retention_takes_the_old_front_by_plan_and_what_is_left_verifies()
    {
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        // Ten entries at the end of July, with a fake clock.
        var july = new DateTimeOffset(2026, 7, 30, 12, 0, 0, TimeSpan.Zero);
        var database = identity.Host.Services.GetRequiredService<Database>();
        for (var number = 0; number < 10; number++)
        {
            await using var work = await database.BeginAsync(TestContext.Current.CancellationToken);
            await new AuditChains(new At(july.AddMinutes(number))).AppendAsync(work, Entry(account, "test.old"), TestContext.Current.CancellationToken);
            await work.CommitAsync(TestContext.Current.CancellationToken);
        }

        await identity.Events.PublishAsync(Entry(account, "test.new"));
        await EntriesAsync(client, 11);
        // Two concurrent replicas, with batches smaller than the backlog.
        var retention = identity.Host.Services.GetRequiredService<AuditRetention>();
        await identity.ExecuteAsync("update workspaces set plan = 'pro' where id = @WorkspaceId", new { account.WorkspaceId });
        await retention.PurgeAsync(TestContext.Current.CancellationToken);
        (await VerifyAsync(client)).ShouldBe(new Verified(true, 11, null));

        await identity.ExecuteAsync("update workspaces set plan = 'free' where id = @WorkspaceId", new { account.WorkspaceId });
        var purged = await Task.WhenAll(retention.PurgeAsync(TestContext.Current.CancellationToken), retention.PurgeAsync(TestContext.Current.CancellationToken));

        purged.Sum().ShouldBeGreaterThanOrEqualTo(10);
        var left = await EntriesAsync(client, 2);
        left.Select(entry => (entry.Sequence, entry.Action)).ShouldBe([(12L, "audit.purged"), (11L, "test.new")]);
        left[0].After!["through"]!.GetValue<long>().ShouldBe(10);
        (await VerifyAsync(client)).ShouldBe(new Verified(true, 2, null));
        (await retention.PurgeAsync(TestContext.Current.CancellationToken)).ShouldBe(0);
    }

    [Fact]
    public async Task An_erased_users_details_are_gone_and_the_chain_verifies()
    {
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        var person = Guid.CreateVersion7();
        await identity.Events.PublishAsync(Entry(account, "member.removed", after: """{"name":"PLANTED"}""") with { ActorId = person });
        await identity.Events.PublishAsync(Entry(account, "member.invited", after: """{"name":"PLANTED"}""") with { TargetType = "user", TargetId = person.ToString() });
        await identity.Events.PublishAsync(Entry(account, "link.created", after: """{"name":"KEPT"}"""));
        await EntriesAsync(client, 3);

        var audited = identity.Host.Services;
        await using (var work = await audited.GetRequiredService<Database>().BeginAsync(TestContext.Current.CancellationToken))
        {
            (await identity.Host.Services.GetRequiredService<AuditErasure>().EraseAsync(work, person, TestContext.Current.CancellationToken)).ShouldBe(2);
            await work.CommitAsync(TestContext.Current.CancellationToken);
        }

        var entries = await EntriesAsync(client, 4);
        entries[0].Action.ShouldBe("person.erased");
        entries.Single(entry => entry.Action == "member.removed").ShouldSatisfyAllConditions(
            entry => entry.DetailsErased.ShouldBeTrue(),
            entry => entry.After.ShouldBeNull(),
            entry => entry.Network.ShouldBeNull(),
            entry => entry.Actor.Id.ShouldBe(person));
        (await VerifyAsync(client)).ShouldBe(new Verified(true, 4, null));
        (await client.GetStringAsync(Path)).ShouldNotContain("PLANTED");
        (await client.GetStringAsync(Path)).ShouldContain("KEPT");
    }

    [Fact]
    public async Task The_log_is_exported_as_CSV_that_no_spreadsheet_runs_and_as_JSON()
    {
        var (account, client) = await NewWorkspaceAsync();
        using var _ = client;
        await identity.Events.PublishAsync(Entry(account, "test.done", after: """{"a":"x,y"}""") with { UserAgent = "=HYPERLINK(\"http://evil\")" });
        await EntriesAsync(client, 1);

        using var csv = await client.GetAsync($"{Path}/export?format=csv");
        csv.StatusCode.ShouldBe(HttpStatusCode.OK);
        csv.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        csv.Content.Headers.ContentDisposition!.FileName.ShouldEndWith(".csv");
        var lines = (await csv.Content.ReadAsStringAsync()).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldStartWith("Sequence,Id,At,");
        lines.Single(line => line.Contains("test.done")).ShouldSatisfyAllConditions(
            line => line.ShouldContain("\"'=HYPERLINK(\"\"http://evil\"\")\""),
            line => line.ShouldContain("\"{\"\"a\"\":\"\"x,y\"\"}\""));

        var json = await client.GetFromJsonAsync<LoggedEntry[]>($"{Path}/export?format=json&action=test.done");
        json!.ShouldHaveSingleItem().After!["a"]!.GetValue<string>().ShouldBe("x,y");
        // The export is in the log as well.
        await Eventually.PassesAsync(async () =>
            (await client.GetFromJsonAsync<Listed<LoggedEntry>>($"{Path}?action=audit.exported"))!.Items.Length.ShouldBe(2));
        using var bad = await client.GetAsync($"{Path}/export?format=xml");
        await bad.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "format");
    }

    /// <summary>A workspace without any entries, not even a sign-in.</summary>
    private async Task<(Account Account, HttpClient Client)> NewWorkspaceAsync()
    {
        var account = await identity.RegisterAsync() with { WorkspaceId = Guid.CreateVersion7() };
        await identity.ExecuteAsync(
            """
            insert into workspaces (id, name, plan, created_at) values (@WorkspaceId, 'Another', 'free', now());
            insert into members (workspace_id, user_id, role, joined_at) values (@WorkspaceId, @Id, 'owner', now())
            """,
            new { account.WorkspaceId, account.Id });
        var now = TimeProvider.System.GetUtcNow();
        var token = await identity.Host.Services.GetRequiredService<AccessTokens>().IssueForSessionAsync(
            new Membership(account.Id, account.WorkspaceId, "owner", "free", "en", ReadOnly: false), Guid.CreateVersion7(),
            new AuthenticationProof([AuthenticationMethods.Password], now), now.AddHours(1), TestContext.Current.CancellationToken);
        return (account, identity.Host.CreateClient(token.Value));
    }

    private static AuditRecorded Entry(Account account, string action, string? before = null, string? after = null) => new(
        Guid.CreateVersion7(), account.WorkspaceId, "user", account.Id, null, action, "link", Guid.CreateVersion7().ToString(),
        before, after, "192.0.2.0/24", "Test/1", "trace", TimeProvider.System.GetUtcNow());

    private static Task<LoggedEntry[]> EntriesAsync(HttpClient client, int count) => Eventually.BecomesAsync(
        async () => (await client.GetFromJsonAsync<Listed<LoggedEntry>>(Path))!.Items, items => items.Length == count, TimeSpan.FromSeconds(30));

    private static async Task<Verified> VerifyAsync(HttpClient client) => (await client.GetFromJsonAsync<Verified>($"{Path}/verify"))!;

    private sealed record LoggedEntry(
        Guid Id, long Sequence, DateTimeOffset At, Actor Actor, string Action, Target Target, JsonNode? Before, JsonNode? After, bool DetailsErased,
        string? Network, string? UserAgent, string? TraceId, string Hash);

    private sealed record Actor(string Kind, Guid? Id, Guid? ApiKeyId, string? Name, string? Email);

    private sealed record Target(string Type, string Id);

    private sealed record Verified(bool Valid, long Checked, Broken? FirstBroken);

    private sealed record Broken(long Sequence, string Why);

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
