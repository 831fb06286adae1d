using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;

namespace LinkShort.Identity.Tests;

public sealed class MemberTests(IdentityApplication identity)
{
    [Fact]
    public async Task Members_are_listed_page_by_page_and_only_admins_see_second_factors()
    {
        using var team = await Team.CreateAsync(identity);
        var admin = await team.AddAsync("admin");
        var viewer = await team.AddAsync("viewer");
        var seen = new List<MemberBody>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = (await team.OwnerClient.GetFromJsonAsync<Listed<MemberBody>>($"{team.Path}/members?limit=1&cursor={cursor}"))!;
            seen.AddRange(page.Items);
            cursor = page.NextCursor;
        }

        seen.Select(member => (member.UserId, member.Email, member.Role)).ShouldBe(
            [(team.Owner.Id, team.Owner.Email, "owner"), (admin.Id, admin.Email, "admin"), (viewer.Id, viewer.Email, "viewer")]);
        seen.ShouldAllBe(member => member.TwoFactor == false);
        using var asViewer = await viewer.SignedInAsync();
        (await asViewer.GetFromJsonAsync<Listed<MemberBody>>($"{team.Path}/members"))!.Items.ShouldAllBe(member => member.TwoFactor == null);
        using var badLimit = await asViewer.GetAsync($"{team.Path}/members?limit=0");
        await badLimit.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "limit");
        using var badCursor = await asViewer.GetAsync($"{team.Path}/members?cursor=nonsense");
        await badCursor.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "cursor");
    }

    [Fact]
    public async Task A_change_of_role_has_all_its_consequences()
    {
        using var team = await Team.CreateAsync(identity);
        var member = await team.AddAsync("member");
        using var changed = await team.SetRoleAsync(team.OwnerClient, member, "viewer");
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await team.RoleInDatabaseAsync(member)).ShouldBe("viewer");
        (await identity.Events.HearsAsync<MemberRoleChanged>(e => e.UserId == member.Id)).Role.ShouldBe("viewer");
        await identity.Events.HearsAsync<AccessRevoked>(e => e.Kind == RevocationKinds.Member && e.Subject == $"{member.Id}:{team.Id}");
        var notice = await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == member.Id && e.Kind == SecurityNoticeKinds.MemberRoleChanged);
        (notice.Role, notice.Detail).ShouldBe(("viewer", "Team"));
        var logged = await identity.Events.HearsAsync<AuditRecorded>(e => e.Action == "member.roleChanged" && e.TargetId == member.Id.ToString());
        (logged.WorkspaceId, logged.ActorId, logged.Before, logged.After).ShouldBe((team.Id, team.Owner.Id, """{"role":"member"}""", """{"role":"viewer"}"""));

        using var same = await team.SetRoleAsync(team.OwnerClient, member, "viewer");
        same.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var wrong in new[] { "king", "", "Owner", "owner " })
        {
            using var refused = await team.SetRoleAsync(team.OwnerClient, member, wrong);
            await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "role");
        }

        using var nobody = await team.OwnerClient.PatchAsJsonAsync($"{team.Path}/members/{Guid.NewGuid()}", new { role = "viewer" });
        await nobody.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task No_token_with_the_old_role_is_issued_during_the_change()
    {
        using var team = await Team.CreateAsync(identity);
        var member = await team.AddAsync("admin");
        var tokens = await member.LogInAsync();
        await identity.ExecuteAsync("update sessions set workspace_id = @Id where user_id = @UserId", new { team.Id, UserId = member.Id });
        using var client = identity.Host.CreateClient();
        for (var round = 1; round <= 8; round++)
        {
            var (before, after) = round % 2 == 1 ? ("admin", "viewer") : ("viewer", "admin");
            var refresh = client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
            using var changed = await team.SetRoleAsync(team.OwnerClient, member, after);
            changed.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var refreshed = await refresh;
            tokens = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
            var token = new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(tokens.AccessToken);
            if (token.GetClaim("role").Value == before)
            {
                var revoked = await identity.QueryAsync<DateTime>(
                    "select max(issued_before) from revocations where subject = @Subject", new { Subject = $"{member.Id}:{team.Id}" });
                long.Parse(token.GetClaim("ims").Value, System.Globalization.CultureInfo.InvariantCulture)
                    .ShouldBeLessThanOrEqualTo(new DateTimeOffset(revoked, TimeSpan.Zero).ToUnixTimeMilliseconds());
            }
        }
    }

    [Fact]
    public async Task Admins_neither_touch_owners_nor_make_them()
    {
        using var team = await Team.CreateAsync(identity);
        var admin = await team.AddAsync("admin");
        var member = await team.AddAsync("member");
        using var client = await admin.SignedInAsync();
        foreach (var attempt in new Func<Task<HttpResponseMessage>>[]
        {
            () => team.SetRoleAsync(client, team.Owner, "viewer"),
            () => team.SetRoleAsync(client, team.Owner, "owner"),
            () => team.SetRoleAsync(client, member, "owner"),
            () => team.SetRoleAsync(client, admin, "owner"),
            () => team.RemoveAsync(client, team.Owner),
        })
        {
            using var refused = await attempt();
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        }

        using var allowed = await team.SetRoleAsync(client, member, "admin");
        allowed.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await team.RoleInDatabaseAsync(team.Owner)).ShouldBe("owner");
        (await team.OwnersAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task The_last_owner_can_neither_leave_nor_give_up_the_role()
    {
        using var team = await Team.CreateAsync(identity);
        await team.AddAsync("admin");
        using var left = await team.RemoveAsync(team.OwnerClient, team.Owner);
        await left.ShouldBeProblemAsync(HttpStatusCode.Conflict, "last-owner");
        using var steppedDown = await team.SetRoleAsync(team.OwnerClient, team.Owner, "admin");
        await steppedDown.ShouldBeProblemAsync(HttpStatusCode.Conflict, "last-owner");
        var second = await team.AddAsync("owner");
        using var nowLeft = await team.RemoveAsync(team.OwnerClient, team.Owner);
        nowLeft.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await team.RoleInDatabaseAsync(second)).ShouldBe("owner");
    }

    [Theory]
    [InlineData("leave")]
    [InlineData("step down")]
    [InlineData("remove each other")]
    public async Task Of_two_owners_who_go_at_once_one_stays(string how)
    {
        for (var round = 0; round < 3; round++)
        {
            using var team = await Team.CreateAsync(identity);
            var other = await team.AddAsync("owner");
            using var otherClient = await other.SignedInAsync();
            var answers = await Task.WhenAll(how switch
            {
                "leave" => [team.RemoveAsync(team.OwnerClient, team.Owner), team.RemoveAsync(otherClient, other)],
                "step down" => [team.SetRoleAsync(team.OwnerClient, team.Owner, "member"), team.SetRoleAsync(otherClient, other, "member")],
                _ => (Task<HttpResponseMessage>[])[team.RemoveAsync(team.OwnerClient, other), team.RemoveAsync(otherClient, team.Owner)],
            });
            answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(1);
            // A member removed before their own request is a stranger.
            answers.Single(answer => !answer.IsSuccessStatusCode).StatusCode.ShouldBe(how == "remove each other" ? HttpStatusCode.NotFound : HttpStatusCode.Conflict);
            (await team.OwnersAsync()).ShouldBe(1);
        }
    }

    [Fact]
    public async Task A_removed_member_loses_keys_and_invitations_and_continues_in_their_own_workspace()
    {
        using var team = await Team.CreateAsync(identity);
        var admin = await team.AddAsync("admin");
        using var client = await admin.SignedInAsync();
        using var invited = await client.PostAsJsonAsync($"{team.Path}/invitations", new { email = Account.NewEmail(), role = "admin" });
        var invitation = await invited.ShouldBeAsync<InvitationBody>(HttpStatusCode.Created);
        var tokens = await admin.LogInAsync();
        var hash = "removed-" + admin.Id.ToString("N");
        await identity.ExecuteAsync("update sessions set workspace_id = @Id where user_id = @UserId", new { team.Id, UserId = admin.Id });
        await identity.ExecuteAsync(
            """
            insert into api_keys (id, workspace_id, user_id, name, key_hash, prefix, scopes, created_at)
            values (gen_random_uuid(), @Id, @UserId, 'key', @hash, 'ls_live_test', '{links:read}', now())
            """,
            new { team.Id, UserId = admin.Id, hash });

        using var removed = await team.RemoveAsync(team.OwnerClient, admin);
        removed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await identity.Events.HearsAsync<MemberLeft>(e => e.UserId == admin.Id && e.WorkspaceId == team.Id);
        await identity.Events.HearsAsync<ApiKeyRevoked>(e => e.KeyHash == hash);
        await identity.Events.HearsAsync<AccessRevoked>(e => e.Subject == $"{admin.Id}:{team.Id}");
        await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == admin.Id && e.Kind == SecurityNoticeKinds.MemberRemoved);
        (await team.OwnerClient.GetFromJsonAsync<Listed<InvitationBody>>($"{team.Path}/invitations"))!.Items.ShouldNotContain(each => each.Id == invitation.Id);
        using var read = await client.GetAsync(team.Path);
        await read.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
        refreshed.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var again = await team.RemoveAsync(team.OwnerClient, admin);
        await again.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task Ownership_is_transferred_to_a_member()
    {
        using var team = await Team.CreateAsync(identity);
        var heir = await team.AddAsync("viewer");
        foreach (var wrong in new[] { team.Owner.Id, Guid.NewGuid() })
        {
            using var refused = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/transfer", new { userId = wrong });
            await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "userId");
        }

        using var transferred = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/transfer", new { userId = heir.Id });
        (await transferred.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK)).Role.ShouldBe("admin");
        (await team.RoleInDatabaseAsync(heir)).ShouldBe("owner");
        (await team.RoleInDatabaseAsync(team.Owner)).ShouldBe("admin");
        await identity.Events.HearsAsync<SecurityNoticeRaised>(e => e.UserId == heir.Id && e.Kind == SecurityNoticeKinds.OwnershipReceived);
        using var again = await team.OwnerClient.PostAsJsonAsync($"{team.Path}/transfer", new { userId = heir.Id });
        await again.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
    }
}
