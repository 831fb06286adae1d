using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Identity.AuditLog;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

/// <summary>An account, workspace or email that a job can't handle doesn't block the others.</summary>
public sealed class FailedEntriesTests(IdentityApplication identity)
{
    [Fact]
    public async Task An_account_that_cannot_be_erased_blocks_no_other_and_is_retried()
    {
        await using var own = await IdentityApplication.StartAsync(identity.Servers);
        var (bad, good) = (await own.RegisterAsync(), await own.RegisterAsync());
        await RefuseAsync(own, "update on erasures", "new.state = 'erasing' and new.user_id", bad.Id);
        foreach (var account in new[] { bad, good })
        {
            using var client = await account.SignedInAsync();
            using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/me") { Content = JsonContent.Create(new { password = Account.Password }) };
            using var deleted = await client.SendAsync(request);
            deleted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        // The failing one is due first.
        await own.ExecuteAsync("update erasures set due_at = now() - case when user_id = @Id then interval '2 hours' else interval '1 hour' end", new { bad.Id });

        await own.Events.HearsAsync<UserErased>(e => e.UserId == good.Id);
        (await own.QueryAsync<string>("select state from erasures where user_id = @Id", new { bad.Id })).ShouldBe("scheduled");
        await AllowAsync(own, "erasures");
        await own.Events.HearsAsync<UserErased>(e => e.UserId == bad.Id);
    }

    [Fact]
    public async Task A_workspace_that_cannot_be_erased_holds_up_no_other_and_is_tried_again()
    {
        await using var own = await IdentityApplication.StartAsync(identity.Servers);
        using var bad = await Team.CreateAsync(own);
        using var good = await Team.CreateAsync(own);
        await RefuseAsync(own, "delete on workspaces", "old.id", bad.Id);
        foreach (var team in new[] { bad, good })
        {
            using var deleted = await team.OwnerClient.DeleteAsync(team.Path);
            deleted.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await own.ExecuteAsync(
            "update workspaces set erase_after = now() - case when id = @Bad then interval '2 hours' else interval '1 hour' end where id in (@Bad, @Good)",
            new { Bad = bad.Id, Good = good.Id });
        await using var quick = own.Another(("Identity:WorkspaceErasureInterval", "00:00:00.2"));
        quick.CreateClient().Dispose();

        await own.Events.HearsAsync<WorkspaceErased>(e => e.WorkspaceId == good.Id);
        (await own.QueryAsync<long>("select count(*) from workspaces where id = @Id", new { bad.Id })).ShouldBe(1);
        await AllowAsync(own, "workspaces");
        await own.Events.HearsAsync<WorkspaceErased>(e => e.WorkspaceId == bad.Id);
    }

    [Fact]
    public async Task An_email_that_cannot_be_sent_blocks_no_other_and_is_retried()
    {
        await using var own = await IdentityApplication.StartAsync(identity.Servers);
        var (bad, good) = (await own.RegisterAsync(), await own.RegisterAsync());
        await RefuseAsync(own, "insert on password_resets", "new.user_id", bad.Id);
        using var client = own.Host.CreateClient();
        foreach (var account in new[] { bad, good })
        {
            using var asked = await client.PostAsJsonAsync("/api/v1/auth/password/forgot", new { email = account.Email });
            asked.IsSuccessStatusCode.ShouldBeTrue();
        }

        await own.Events.HearsAsync<PasswordResetRequested>(e => e.UserId == good.Id);
        own.Events.Heard<PasswordResetRequested>(e => e.UserId == bad.Id).ShouldBeEmpty();
        await AllowAsync(own, "password_resets");
        await own.Events.HearsAsync<PasswordResetRequested>(e => e.UserId == bad.Id);
    }

    [Fact]
    public async Task A_chain_of_the_audit_log_that_cannot_be_purged_blocks_no_other()
    {
        await using var own = await IdentityApplication.StartAsync(identity.Servers);
        var longAgo = TimeProvider.System.GetUtcNow().AddDays(-2_000);
        var (bad, good) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        foreach (var chain in new[] { bad, good })
        {
            await using var work = await own.Host.Services.GetRequiredService<Database>().BeginAsync(CancellationToken.None);
            await new AuditChains(new At(longAgo)).AppendAsync(work, new AuditRecorded(
                Guid.CreateVersion7(), chain, "system", null, null, "test.old", "test", "1", null, null, null, null, null, longAgo), CancellationToken.None);
            await work.CommitAsync(CancellationToken.None);
        }

        await RefuseAsync(own, "update on audit_chains", "new.chain", bad);

        await own.Host.Services.GetRequiredService<AuditRetention>().PurgeAsync(CancellationToken.None);

        (await own.QueryAsync<long>("select count(*) from audit_log where chain = @good and action = 'test.old'", new { good })).ShouldBe(0);
        (await own.QueryAsync<long>("select count(*) from audit_log where chain = @bad and action = 'test.old'", new { bad })).ShouldBe(1);
    }

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    /// <summary>Makes the database refuse changes of one row, like a bug that only affects this row.</summary>
    private static async Task RefuseAsync(IdentityApplication own, string change, string which, Guid id)
    {
        await using var command = own.Database.CreateCommand(
            $"""
            create function refuse() returns trigger language plpgsql as $$ begin raise exception 'on purpose'; end $$;
            create trigger refuse before {change} for each row when ({which} = '{id}') execute function refuse();
            """);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task AllowAsync(IdentityApplication own, string table)
    {
        await using var command = own.Database.CreateCommand($"drop trigger refuse on {table}");
        await command.ExecuteNonQueryAsync();
    }
}
