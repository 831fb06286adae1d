using System.Net;

namespace LinkShort.Links.Tests;

public sealed class AuditTests(LinksFixture fixture)
{
    [Fact]
    public async Task Every_change_of_a_link_is_audited_without_secrets()
    {
        var (workspace, user) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        using var client = fixture.Links.ClientOf(workspace, user);
        var link = await client.CreatedAsync(new { url = "https://example.com/", password = "planted-Secret-7" });
        var id = (string)link["id"]!;
        (await client.ChangeAsync(link["id"]!, """{"url":"https://example.com/new"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await client.ChangeAsync(link["id"]!, """{"url":"https://example.com/new"}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await client.ArchiveAsync(id)).Status.ShouldBe(HttpStatusCode.OK);
        (await client.RestoreAsync(id)).Status.ShouldBe(HttpStatusCode.OK);
        (await client.DeleteAsync(link["id"]!)).Status.ShouldBe(HttpStatusCode.NoContent);

        var entries = await fixture.Events.AuditedAsync(id, 5);

        entries.Select(entry => entry.Action).ShouldBe(["link.created", "link.changed", "link.archived", "link.restored", "link.deleted"]);
        entries.ShouldAllBe(entry => entry.WorkspaceId == workspace && entry.ActorId == user && entry.ActorKind == "user" && entry.TargetType == "link" && entry.TraceId != null);
        entries[0].Before.ShouldBeNull();
        entries[0].After!.ShouldContain("\"hasPassword\":true");
        entries[1].Before!.ShouldContain("\"url\":\"https://example.com/\"");
        entries[1].After!.ShouldContain("\"url\":\"https://example.com/new\"");
        entries[1].After!.ShouldNotContain("createdAt");
        entries[4].After.ShouldBeNull();
        string.Concat(entries.Select(entry => entry.Before + entry.After)).ShouldNotContain("planted-Secret-7");
    }

    [Fact]
    public async Task Suspensions_are_audited_as_an_operators_in_the_affected_workspace()
    {
        var workspace = Guid.CreateVersion7();
        using var client = fixture.Links.ClientOf(workspace);
        using var operators = fixture.Links.Internal();
        var id = (string)(await client.CreatedAsync(new { url = "https://example.com/" }))["id"]!;
        (await operators.PutAsync($"/internal/suspensions/link?target={id}&reason=spam", null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await operators.DeleteAsync($"/internal/suspensions/link?target={id}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        var entries = (await fixture.Events.AuditedAsync(id, 3)).Where(entry => entry.Action != "link.created").ToList();

        entries.Select(entry => entry.Action).ShouldBe(["link.suspended", "link.unsuspended"]);
        entries.ShouldAllBe(entry => entry.WorkspaceId == workspace && entry.ActorKind == "operator");
        entries[0].After!.ShouldContain("spam");
    }
}
