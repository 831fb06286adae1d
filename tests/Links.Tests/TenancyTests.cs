using System.Net;

namespace LinkShort.Links.Tests;

/// <summary>Calls every endpoint from another workspace.</summary>
public sealed class TenancyTests(LinksFixture fixture)
{
    [Fact]
    public async Task Another_workspace_can_not_see_change_remove_or_count_a_link()
    {
        using var owner = fixture.Links.ClientOf();
        // The same user signed in to another of their workspaces is another tenant, too.
        var person = Guid.CreateVersion7();
        using var other = fixture.Links.ClientOf(user: person);
        var marker = $"secret-{Guid.NewGuid():N}";
        var link = await owner.CreatedAsync(new { url = $"https://example.com/{marker}", title = marker, tags = new[] { marker }, code = marker });
        var id = link["id"]!;

        foreach (var answer in new[]
        {
            await other.GetAsync(id),
            await other.GetAsync(id, "\"v1\""),
            await other.GetAsync(id, "*"),
            await other.ChangeAsync(id, new { title = "mine now" }),
            await other.ChangeAsync(id, new { title = "mine now" }, "\"v1\""),
            await other.ChangeAsync(id, new { title = "mine now" }, "\"v9\""),
            await other.DeleteAsync(id),
            await other.DeleteAsync(id, "*"),
            await other.ArchiveAsync(id),
            await other.RestoreAsync(id),
            await other.DuplicateAsync(id),
            await other.DeletePermanentlyAsync(id),
        })
        {
            answer.ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
            answer.Text.ShouldNotContain(marker);
            answer.Header("ETag").ShouldBeNull();
        }

        foreach (var query in new[] { "", "?status=all", $"?search={marker}", $"?tag={marker}", "?sort=title", "?sort=clicks" })
        {
            (await other.ListAsync(query)).Json["items"]!.AsArray().ShouldBeEmpty(query);
        }

        (await other.ChangeAllAsync(new { ids = new[] { id }, deleted = true, addTags = new[] { "mine" } })).Json["results"]![0]!["outcome"]!.GetValue<string>().ShouldBe("notFound");
        (await other.SendAsync(HttpMethod.Get, "/api/v1/tags")).Text.ShouldNotContain(marker);
        var after = await owner.GetAsync(id);
        after.Header("ETag").ShouldBe("\"v1\"");
        ((string)after.Json["title"]!).ShouldBe(marker);
        ((bool)after.Json["archived"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_cursor_of_another_workspace_reveals_nothing()
    {
        using var owner = fixture.Links.ClientOf();
        using var other = fixture.Links.ClientOf();
        await owner.CreatedAsync();
        await owner.CreatedAsync();
        var cursor = (string)(await owner.ListAsync("?limit=1")).Json["nextCursor"]!;
        (await other.ListAsync($"?cursor={cursor}")).Json["items"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Members_of_one_workspace_share_its_links()
    {
        using var one = fixture.Links.ClientOf();
        using var two = fixture.Links.ClientOf(one.Workspace);
        var link = await one.CreatedAsync();
        (await two.ChangeAsync(link["id"]!, new { title = "ours" })).Status.ShouldBe(HttpStatusCode.OK);
        ((string)(await one.GetAsync(link["id"]!)).Json["title"]!).ShouldBe("ours");
    }

    [Fact]
    public async Task The_internal_endpoints_are_for_services_only()
    {
        using var user = fixture.Links.ClientOf();
        await user.CreatedAsync();
        foreach (var path in new[] { "/internal/routes", "/internal/routes/by-code?domain=&code=x" })
        {
            (await user.SendAsync(HttpMethod.Get, path)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthorized");
            using var anonymous = new ApiClient(fixture.Links.Anonymous(), Guid.Empty);
            (await anonymous.SendAsync(HttpMethod.Get, path)).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthorized");
            (await anonymous.SendAsync(HttpMethod.Get, path, null, ("X-Internal-Key", "guess"))).ShouldBeProblem(HttpStatusCode.Unauthorized, "unauthorized");
        }

        using var service = new ApiClient(fixture.Links.Internal(), Guid.Empty);
        (await service.ListAsync()).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }
}
