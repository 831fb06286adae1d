using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Identity.AuditLog;
using LinkShort.Identity.Privacy.Erasure;
using LinkShort.Identity.Workspaces;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Identity.Tests;

public sealed class DeletionClockTests(IdentityApplication identity)
{
    [Fact]
    public async Task After_a_jump_of_the_clock_no_account_workspace_or_audit_entry_is_deleted_before_it_is_confirmed()
    {
        await using var own = await IdentityApplication.StartAsync(identity.Servers);
        var services = own.Host.Services;
        using var team = await Team.CreateAsync(own);
        using var deletedTeam = await team.OwnerClient.DeleteAsync(team.Path);
        deletedTeam.StatusCode.ShouldBe(HttpStatusCode.OK);
        var account = await own.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var deletion = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/me") { Content = JsonContent.Create(new { password = Account.Password }) };
        using var deletedAccount = await client.SendAsync(deletion);
        deletedAccount.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var then = TimeProvider.System.GetUtcNow().AddDays(-400);
        await using (var work = await services.GetRequiredService<Database>().BeginAsync(CancellationToken.None))
        {
            await new AuditChains(new At(then)).AppendAsync(
                work, new AuditRecorded(Guid.CreateVersion7(then), null, "system", null, null, "test.old", "user", Guid.NewGuid().ToString(), null, null, null, null, null, then), CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }

        // As after a jump by over a month: the last reading is old, and everything is due.
        await own.ExecuteAsync("update deletion_clock set seen_at = seen_at - interval '40 days'");
        await own.ExecuteAsync("update erasures set due_at = now() - interval '1 second'");
        await own.ExecuteAsync("update workspaces set erase_after = now() - interval '1 second' where id = @Id", new { team.Id });
        var accounts = services.GetServices<IHostedService>().OfType<AccountErasure>().Single();
        var workspaces = services.GetServices<IHostedService>().OfType<WorkspaceErasureJob>().Single();
        await accounts.EraseDueAsync(CancellationToken.None);
        await workspaces.EraseDueAsync(CancellationToken.None);
        (await services.GetRequiredService<AuditRetention>().PurgeAsync(CancellationToken.None)).ShouldBe(0);

        (await LeftAsync()).ShouldBe((1, 1, 1));

        await own.ExecuteAsync("update deletion_clock set trusted_from = clock_timestamp()");
        await accounts.EraseDueAsync(CancellationToken.None);
        await workspaces.EraseDueAsync(CancellationToken.None);
        await services.GetRequiredService<AuditRetention>().PurgeAsync(CancellationToken.None);

        await Testing.Eventually.PassesAsync(async () => (await LeftAsync()).ShouldBe((0, 0, 0)));

        async Task<(int Accounts, int Workspaces, int Entries)> LeftAsync() => (
            await own.QueryAsync<int>("select count(*)::int from users where id = @Id", new { account.Id }),
            await own.QueryAsync<int>("select count(*)::int from workspaces where id = @Id", new { team.Id }),
            await own.QueryAsync<int>("select count(*)::int from audit_log where action = 'test.old'"));
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
