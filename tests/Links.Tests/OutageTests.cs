using System.Net;
using LinkShort.Contracts;
using LinkShort.Testing;

namespace LinkShort.Links.Tests;

/// <summary>Each test stops its own servers.</summary>
public sealed class OutageTests(LinksFixture fixture)
{
    [Fact]
    public async Task Without_RabbitMQ_links_are_created_and_their_events_follow_exactly_once()
    {
        await using var servers = fixture.Servers.BehindProxies();
        await using var links = LinksService.Start(await servers.SettingsAsync("linksdb", fixture.Identity), fixture.Identity);
        await using var events = await EventTap.StartAsync(links.Messaging, "somebody");
        using var client = links.ClientOf();
        await events.WaitForAsync(Guid.Parse((string)(await client.CreatedAsync())["id"]!), 1);

        await servers.StopAsync(Servers.RabbitMq);
        var kept = (string)(await client.CreatedAsync(new { url = "https://example.com/kept" }))["id"]!;
        (await client.ChangeAsync(kept, new { title = "two" })).Status.ShouldBe(HttpStatusCode.OK);
        (await client.ArchiveAsync(kept)).Status.ShouldBe(HttpStatusCode.OK);
        var gone = (string)(await client.CreatedAsync(new { url = "https://example.com/gone" }))["id"]!;
        (await client.DeleteAsync(gone)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await client.ListAllAsync("status=all")).Count.ShouldBe(2);

        await servers.StartAgainAsync(Servers.RabbitMq);
        await events.WaitForAsync(Guid.Parse(kept), 3, TimeSpan.FromSeconds(60));
        await events.WaitForAsync(Guid.Parse(gone), 2, TimeSpan.FromSeconds(60));
        await Eventually.BecomesAsync(links.ContentsAsync, contents => !contents.Contains("LinkChanged", StringComparison.Ordinal));
        events.ChangesOf(Guid.Parse(kept)).Select(link => link.Version).Order().ShouldBe([1, 2, 3]);
        events.Of(Guid.Parse(gone)).OfType<LinkRemoved>().Single().Version.ShouldBe(2);
        events.Of(Guid.Parse(gone)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Without_PostgreSQL_every_endpoint_answers_503_and_recovers_afterwards()
    {
        await using var servers = fixture.Servers.BehindProxies();
        await using var links = LinksService.Start(await servers.SettingsAsync("linksdb", fixture.Identity), fixture.Identity);
        using var client = links.ClientOf();
        var id = (string)(await client.CreatedAsync(new { url = "https://example.com/", code = "outage" }))["id"]!;

        await servers.StopAsync(Servers.Postgres);
        using var redirect = new ApiClient(links.Internal(), Guid.Empty);
        foreach (var answer in new[]
        {
            await client.CreateAsync(new { url = "https://example.com/" }),
            await client.CreateAsync(new { url = "https://example.com/" }, "outage"),
            await client.GetAsync(id),
            await client.ListAsync(),
            await client.ChangeAsync(id, new { title = "x" }),
            await client.ArchiveAsync(id),
            await client.RestoreAsync(id),
            await client.DeleteAsync(id),
            await redirect.SendAsync(HttpMethod.Get, "/internal/routes"),
            // A code that can't be looked up must not be reported as not found.
            await redirect.SendAsync(HttpMethod.Get, "/internal/routes/by-code?code=outage"),
        })
        {
            answer.ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
            answer.Header("Retry-After").ShouldNotBeNull();
        }

        // Validation errors are still reported.
        (await client.CreateAsync(new { url = "x" })).ShouldRefuse("url");
        await servers.StartAgainAsync(Servers.Postgres);
        await Eventually.PassesAsync(async () => (await client.GetAsync(id)).Status.ShouldBe(HttpStatusCode.OK));
        (await client.CreateAsync(new { url = "https://example.com/" }, "outage")).Status.ShouldBe(HttpStatusCode.Created);
        (await client.ListAllAsync("")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task With_PostgreSQL_read_only_changes_answer_503_reads_work_and_everything_recovers_afterwards()
    {
        await using var links = await fixture.StartAsync();
        var database = links.Settings["ConnectionStrings:linksdb"]!;
        using var client = links.ClientOf();
        using var operators = new ApiClient(links.Internal(), Guid.Empty);
        var id = (string)(await client.CreatedAsync(new { url = "https://example.com/", code = "read-only" }))["id"]!;

        await ReadOnlyDatabase.StartAsync(database);
        // Connections that the change has closed are noticed on use.
        await Eventually.PassesAsync(async () => (await client.GetAsync(id)).Status.ShouldBe(HttpStatusCode.OK));
        foreach (var answer in new[]
        {
            await client.CreateAsync(new { url = "https://example.com/" }),
            await client.CreateAsync(new { url = "https://example.com/" }, "read-only"),
            await client.ChangeAsync(id, new { title = "x" }),
            await client.ArchiveAsync(id),
            await client.DeleteAsync(id),
            await operators.SendAsync(HttpMethod.Put, "/internal/suspensions/host?target=evil.example"),
        })
        {
            answer.ShouldBeProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
            answer.Header("Retry-After").ShouldNotBeNull();
        }

        ((string?)(await client.GetAsync(id)).Json["title"]).ShouldBeNull();
        (await client.ListAllAsync("status=all")).Count.ShouldBe(1);

        await ReadOnlyDatabase.EndAsync(database);
        await Eventually.PassesAsync(async () => (await client.CreateAsync(new { url = "https://example.com/" }, "read-only")).Status.ShouldBe(HttpStatusCode.Created));
        (await client.DeleteAsync(id)).Status.ShouldBe(HttpStatusCode.NoContent);
        (await client.ListAllAsync("status=all")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Each_change_is_published_once_with_its_version_and_the_whole_link()
    {
        using var client = fixture.Links.ClientOf();
        var code = $"Told-{Guid.NewGuid():N}é";
        var link = await client.CreatedAsync(new { url = "https://example.com/%2B", code, redirectType = 301, activeFrom = "2026-01-01T00:00:00Z" });
        var id = Guid.Parse((string)link["id"]!);
        await client.ChangeAsync(id, new { url = "https://example.com/2", expiresAt = "2099-01-01T00:00:00Z" });
        await client.ArchiveAsync(id);
        await client.DeletePermanentlyAsync(id);

        var events = await fixture.Events.WaitForAsync(id, 4);
        var created = (DateTimeOffset)link["createdAt"]!;
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var until = new DateTimeOffset(2099, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var changes = fixture.Events.ChangesOf(id).OrderBy(change => change.Version).ToArray();
        changes.ShouldBe(
        [
            new LinkSnapshot(id, client.Workspace, "", code, "https://example.com/%2B", 301, from, null, false, 1, created),
            new LinkSnapshot(id, client.Workspace, "", code, "https://example.com/2", 301, from, until, false, 2, created),
            new LinkSnapshot(id, client.Workspace, "", code, "https://example.com/2", 301, from, until, true, 3, created),
        ]);
        var removed = events.OfType<LinkRemoved>().Single();
        (removed.WorkspaceId, removed.Domain, removed.Code, removed.Version).ShouldBe((client.Workspace, "", code, 4));
        removed.RemovedAt.ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
        fixture.Events.MessageIdsOf(id).Distinct().Count().ShouldBe(4);

        // Another link gets the code, and its versions start again.
        var next = Guid.Parse((string)(await client.CreatedAsync(new { url = "https://example.com/3", code }))["id"]!);
        await fixture.Events.WaitForAsync(next, 1);
        fixture.Events.ChangesOf(next).Single().Version.ShouldBe(1);
        fixture.Events.Of(id).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_refused_change_is_not_published()
    {
        using var client = fixture.Links.ClientOf();
        var code = $"silent-{Guid.NewGuid():N}";
        var id = Guid.Parse((string)(await client.CreatedAsync(new { url = "https://example.com/", code }))["id"]!);
        await client.CreateAsync(new { url = "https://example.com/", code });
        await client.ChangeAsync(id, new { url = "nonsense" });
        await client.ChangeAsync(id, new { title = "x" }, "\"v9\"");
        await client.DeleteAsync(id, "\"v9\"");
        await client.DeleteAsync(id);
        await fixture.Events.WaitForAsync(id, 2);
        // Messages of a channel are ordered: everything before the removal has arrived.
        fixture.Events.Of(id).Count.ShouldBe(2);
    }
}
