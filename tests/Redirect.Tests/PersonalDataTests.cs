using LinkShort.Contracts;
using LinkShort.Redirect.Storage;
using LinkShort.Testing;
using MassTransit;
using Npgsql;

namespace LinkShort.Redirect.Tests;

public sealed class PersonalDataTests(ServersFixture fixture)
{
    [Fact]
    public async Task Links_of_an_erased_workspace_are_not_found_and_their_destinations_are_deleted_from_every_cache()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];
        (await PlantedData.DifferencesAsync(PersonalData.Map, installation.Settings["ConnectionStrings:redirectdb"]!)).ShouldBeEmpty();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/planted-destination"));
        var other = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/other"));
        await AllLeadToAsync(link.Code, link.Destination);
        await AllLeadToAsync(other.Code, other.Destination);
        installation.Links.Links.TryRemove(link.Code, out _);

        await installation.PublishAsync(new UserErased(Guid.CreateVersion7(), Guid.CreateVersion7(), [link.WorkspaceId], TimeProvider.System.GetUtcNow()));

        await AllLeadToAsync(link.Code, "NotFound");
        await AllLeadToAsync(other.Code, other.Destination);
        await using var source = NpgsqlDataSource.Create(installation.Settings["ConnectionStrings:redirectdb"]!);
        await using var command = source.CreateCommand("select count(*) from routes r where r::text like '%planted-destination%'");
        (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)).ShouldBe(0L);

        Task AllLeadToAsync(string code, string destination) => Task.WhenAll(replicas.Select(replica =>
            Eventually.BecomesAsync(() => replica.FollowAsync(code), answer => answer == destination)));
    }

    [Fact]
    public async Task The_answer_to_an_erasure_waits_until_identity_has_a_queue_for_it()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var replica = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link(Installation.NewCode(), "https://example.com/erased"));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == link.Destination);
        installation.Links.Links.TryRemove(link.Code, out _);
        var id = Guid.CreateVersion7();

        await installation.PublishAsync(new UserErased(id, Guid.CreateVersion7(), [link.WorkspaceId], TimeProvider.System.GetUtcNow()));
        await Eventually.BecomesAsync(() => replica.FollowAsync(link.Code), answer => answer == "NotFound");

        var answered = new TaskCompletionSource<Guid>(TaskCreationOptions.RunContinuationsAsynchronously);
        var bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(new Uri(installation.Settings["ConnectionStrings:messaging"]!));
            rabbit.ReceiveEndpoint("identity-erasure-completed", endpoint => endpoint.Handler<ErasureCompleted>(context =>
            {
                answered.TrySetResult(context.Message.ErasureId);
                return Task.CompletedTask;
            }));
        });
        await bus.StartAsync(TestContext.Current.CancellationToken);
        (await answered.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken)).ShouldBe(id);
        await bus.StopAsync(TestContext.Current.CancellationToken);
    }
}
