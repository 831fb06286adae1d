using System.Collections.Concurrent;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using LinkShort.Testing;

namespace LinkShort.ServiceDefaults.Tests.Privacy;

public sealed class WorkspaceErasureTests(ServersFixture fixture)
{
    [Fact]
    public async Task A_workspace_that_cannot_be_erased_holds_up_no_others_and_is_retried()
    {
        var database = await fixture.Servers.CreateDatabaseAsync("erasures");
        await using var service = await TestedService.StartAsync(
            configure: builder =>
            {
                builder.AddNpgsqlDataSource("testdb");
                builder.AddMigrations(typeof(WorkspaceErasureTests).Assembly);
                builder.AddWorkspaceErasure<FailingEraser>();
            },
            settings: [("ConnectionStrings:testdb", database)]);
        var eraser = (FailingEraser)service.Get<IWorkspaceEraser>();
        var (bad, good) = (eraser.Bad, Guid.CreateVersion7());

        await service.Get<WorkspaceErasures>().StartErasureAsync(bad, CancellationToken.None);
        await Wait.HoldsAsync(() => eraser.Tried.Contains(bad));
        await service.Get<WorkspaceErasures>().StartErasureAsync(good, CancellationToken.None);

        await Wait.HoldsAsync(() => eraser.Erased.Contains(good));
        eraser.Bad = Guid.Empty;
        await Wait.HoldsAsync(() => eraser.Erased.Contains(bad));
    }

    private sealed class FailingEraser : IWorkspaceEraser
    {
        public Guid Bad { get; set; } = Guid.CreateVersion7();

        public ConcurrentQueue<Guid> Tried { get; } = new();

        public ConcurrentQueue<Guid> Erased { get; } = new();

        public Task<bool> EraseBatchAsync(Guid workspaceId, int pass, CancellationToken cancellationToken)
        {
            Tried.Enqueue(workspaceId);
            if (workspaceId == Bad)
            {
                throw new InvalidTimeZoneException("on purpose");
            }

            Erased.Enqueue(workspaceId);
            return Task.FromResult(false);
        }
    }
}
