using System.Net;
using Dapper;
using LinkShort.Contracts;
using LinkShort.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Links.Tests;

public sealed class ErasureTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task Nothing_is_left_of_an_erased_workspace_and_every_removal_is_published()
    {
        using var client = _links.ClientOf();
        using var neighbour = _links.ClientOf();
        var marker = "marker" + Guid.NewGuid().ToString("N")[..10];
        var kept = await neighbour.CreatedAsync();
        var ids = new List<Guid>();
        for (var i = 0; i < 3; i++)
        {
            var answer = await client.CreateAsync(new { url = $"https://example.com/{marker}/{i}", title = marker, notes = marker }, idempotencyKey: $"{marker}-{i}");
            answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
            ids.Add((Guid)answer.Json["id"]!);
        }

        (await client.SendAsync(HttpMethod.Post, "/api/v1/utm-templates", new { name = "Name", utm = new { source = marker } })).Status.ShouldBe(HttpStatusCode.Created);
        (await _links.ContentsAsync()).ShouldContain(marker);
        await PublishAsync(client.Workspace);

        foreach (var id in ids)
        {
            var events = await fixture.Events.WaitForAsync(id, 2, TimeSpan.FromSeconds(30));
            events.OfType<LinkRemoved>().ShouldHaveSingleItem().Version.ShouldBe(2);
        }

        await Eventually.PassesAsync(async () => (await _links.ContentsAsync()).ShouldNotContain(marker));
        (await client.ListAsync("?status=all")).Json["items"]!.AsArray().ShouldBeEmpty();
        (await neighbour.GetAsync(kept["id"]!)).Status.ShouldBe(HttpStatusCode.OK);

        // Repeated, or with a link that an old token created meanwhile: the next pass removes it.
        var late = await client.CreatedAsync();
        await PublishAsync(client.Workspace);
        (await fixture.Events.WaitForAsync((Guid)late["id"]!, 2, TimeSpan.FromSeconds(30))).OfType<LinkRemoved>().Count().ShouldBe(1);
        await Eventually.PassesAsync(async () => (await client.GetAsync(late["id"]!)).Status.ShouldBe(HttpStatusCode.NotFound));
        foreach (var id in ids)
        {
            fixture.Events.Of(id).OfType<LinkRemoved>().Count().ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_workspace_with_more_links_than_a_batch_is_erased_whole()
    {
        using var client = _links.ClientOf();
        await using (var connection = await _links.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync(
                """
                insert into links (id, workspace_id, domain, code, url, redirect_type, version, created_by, created_at, updated_at)
                select gen_random_uuid(), @Workspace, '', 'erase-' || @Workspace || n, 'https://example.com/', 302, 1, gen_random_uuid(), now(), now()
                from generate_series(1, 1001) as n
                """,
                new { client.Workspace });
        }

        await PublishAsync(client.Workspace);

        await Eventually.PassesAsync(async () =>
        {
            await using var connection = await _links.Database.OpenConnectionAsync();
            (await connection.ExecuteScalarAsync<long>("select count(*) from links where workspace_id = @Workspace", new { client.Workspace })).ShouldBe(0);
        }, TimeSpan.FromSeconds(30));
    }

    private Task PublishAsync(Guid workspace) =>
        _links.Services.GetRequiredService<IBus>().Publish(new WorkspaceErased(workspace, TimeProvider.System.GetUtcNow()));
}
