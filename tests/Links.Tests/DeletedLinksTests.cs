using System.Net;
using Dapper;
using LinkShort.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Links.Tests;

public sealed class DeletedLinksTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task A_deleted_link_is_gone_keeps_its_code_and_can_be_restored_whole()
    {
        using var client = _links.ClientOf();
        using var other = _links.ClientOf();
        var code = $"again-{Guid.NewGuid():N}";
        var link = await client.CreatedAsync(new { url = "https://example.com/1", code, title = "T", tags = new[] { "a" }, maxClicks = 5 });
        var id = (string)link["id"]!;
        await client.ArchiveAsync(id);
        var deleted = await client.DeleteAsync(id);
        deleted.Status.ShouldBe(HttpStatusCode.NoContent);
        deleted.Text.ShouldBeEmpty();
        deleted.Header("ETag").ShouldBeNull();

        foreach (var gone in new[]
        {
            await client.GetAsync(id), await client.DeleteAsync(id), await client.ChangeAsync(id, new { title = "x" }), await client.ArchiveAsync(id),
            await client.DuplicateAsync(id), await client.SendAsync(HttpMethod.Get, $"/api/v1/links/{id}/qr"),
        })
        {
            gone.ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        }

        foreach (var query in new[] { "", "?status=all", "?status=archived", "?status=active" })
        {
            (await client.ListAsync(query)).Json["items"]!.AsArray().ShouldBeEmpty(query);
        }

        (await client.SendAsync(HttpMethod.Get, "/api/v1/tags")).Json["items"]!.AsArray().ShouldBeEmpty();
        using (var redirect = _links.Internal())
        {
            (await redirect.GetAsync($"/internal/routes/by-code?domain=&code={code}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
            (await redirect.GetStringAsync("/internal/routes?limit=10000")).ShouldNotContain(id);
        }

        // The code stays reserved, and only its owner learns why.
        (await client.CreateAsync(new { url = "https://example.com/", code })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken")["detail"]!.GetValue<string>().ShouldContain("deleted link");
        (await other.CreateAsync(new { url = "https://example.com/", code })).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken").ToJsonString().ShouldNotContain("deleted");

        var listed = (await client.ListAsync("?status=deleted")).Json["items"]!.AsArray().ShouldHaveSingleItem()!;
        var at = (DateTimeOffset)listed["deletedAt"]!;
        ((DateTimeOffset)listed["restorableUntil"]!).ShouldBe(at.AddDays(30));

        var restored = await client.RestoreAsync(id);
        restored.Status.ShouldBe(HttpStatusCode.OK, restored.Text);
        restored.Json["deletedAt"].ShouldBeNull();
        ((bool)restored.Json["archived"]!).ShouldBeTrue("as it was when it was deleted");
        ((string)restored.Json["code"]!).ShouldBe(code);
        ((long)restored.Json["version"]!).ShouldBe(4);
        ((bool)(await client.RestoreAsync(id)).Json["archived"]!).ShouldBeFalse("the second undoes the archiving");

        var events = await fixture.Events.WaitForAsync(Guid.Parse(id), 5);
        var removed = events.OfType<LinkRemoved>().ShouldHaveSingleItem();
        (removed.Version, removed.IsRestorable).ShouldBe((3, true));
        fixture.Events.ChangesOf(Guid.Parse(id)).Select(change => change.Version).Order().ShouldBe([1, 2, 4, 5]);
        (await fixture.Events.AuditedAsync(id, 5)).Select(entry => entry.Action)
            .ShouldBe(["link.created", "link.archived", "link.deleted", "link.restored", "link.restored"]);
    }

    [Fact]
    public async Task A_permanent_deletion_frees_the_code_and_can_not_be_undone()
    {
        using var client = _links.ClientOf();
        using var other = _links.ClientOf();
        foreach (var deletedBefore in new[] { false, true })
        {
            var code = $"purged-{Guid.NewGuid():N}";
            var id = (string)(await client.CreatedAsync(new { url = "https://example.com/1", code }))["id"]!;
            if (deletedBefore)
            {
                await client.DeleteAsync(id);
            }

            (await client.DeletePermanentlyAsync(id, "\"v9\"")).ShouldBeProblem(HttpStatusCode.PreconditionFailed, "precondition-failed");
            (await client.DeletePermanentlyAsync(id)).Status.ShouldBe(HttpStatusCode.NoContent);
            (await client.RestoreAsync(id)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
            (await client.DeletePermanentlyAsync(id)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
            (await client.ListAsync("?status=deleted")).Json["items"]!.AsArray().ShouldBeEmpty();
            ((string)(await other.CreatedAsync(new { url = "https://example.com/2", code }))["id"]!).ShouldNotBe(id);
            var final = (await fixture.Events.WaitForAsync(Guid.Parse(id), deletedBefore ? 3 : 2)).OfType<LinkRemoved>().Single(removed => removed.IsRestorable is not true);
            final.Version.ShouldBe(deletedBefore ? 3 : 2);
        }

        (await client.SendAsync(HttpMethod.Delete, $"/api/v1/links/{Guid.NewGuid()}?permanent=perhaps")).ShouldRefuse("permanent");
    }

    [Fact]
    public async Task A_link_that_was_restored_meanwhile_is_not_deleted_permanently_from_the_list_of_deleted_links()
    {
        using var client = fixture.Links.ClientOf();
        var id = (string)(await client.CreatedAsync())["id"]!;
        await client.DeleteAsync(id);
        await client.RestoreAsync(id);
        Task<ApiAnswer> PurgeAsync() => client.SendAsync(HttpMethod.Delete, $"/api/v1/links/{id}?permanent=true&onlyIfDeleted=true");

        (await PurgeAsync()).ShouldBeProblem(HttpStatusCode.Conflict, "conflict");
        (await client.GetAsync(id)).Status.ShouldBe(HttpStatusCode.OK);

        await client.DeleteAsync(id);
        (await PurgeAsync()).Status.ShouldBe(HttpStatusCode.NoContent);
        (await client.RestoreAsync(id)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task After_30_days_the_job_deletes_links_permanently_and_no_others()
    {
        using var client = _links.ClientOf();
        var code = $"due-{Guid.NewGuid():N}";
        var due = (string)(await client.CreatedAsync(new { url = "https://example.com/due", code }))["id"]!;
        var fresh = (string)(await client.CreatedAsync())["id"]!;
        var kept = (string)(await client.CreatedAsync())["id"]!;
        await client.DeleteAsync(due);
        await client.DeleteAsync(fresh);
        await using (var connection = await _links.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("update links set deleted_at = now() - interval '30 days 1 minute' where id = @id", new { id = Guid.Parse(due) });
        }

        await _links.Services.GetServices<IHostedService>().OfType<LinkPurgeJob>().Single().PurgeAsync(TestContext.Current.CancellationToken);

        (await client.RestoreAsync(due)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        (await client.RestoreAsync(fresh)).Status.ShouldBe(HttpStatusCode.OK);
        (await client.GetAsync(kept)).Status.ShouldBe(HttpStatusCode.OK);
        await client.CreatedAsync(new { url = "https://example.com/", code });
        (await fixture.Events.AuditedAsync(due, 3))[^1].ShouldSatisfyAllConditions(
            entry => entry.Action.ShouldBe("link.purged"),
            entry => entry.ActorKind.ShouldBe("system"),
            entry => entry.WorkspaceId.ShouldBe(client.Workspace));
    }
}
