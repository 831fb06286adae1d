using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.Identity.Workspaces;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

public sealed class WorkspaceTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/workspaces";

    [Fact]
    public async Task A_workspace_is_created_owned_listed_and_read()
    {
        using var team = await Team.CreateAsync(identity, "  Café ☕ 團隊  ");
        team.Workspace.Name.ShouldBe("Café ☕ 團隊");
        team.Workspace.Role.ShouldBe("owner");
        team.Workspace.Personal.ShouldBeFalse();
        var listed = (await team.OwnerClient.GetFromJsonAsync<Listed<WorkspaceBody>>(Path))!.Items;
        listed.Select(each => each.Id).ShouldBe([team.Owner.WorkspaceId, team.Id]);
        listed[0].Personal.ShouldBeTrue();
        listed[1].ShouldBe(team.Workspace);

        using var read = await team.OwnerClient.GetAsync(team.Path);
        (await read.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK)).ShouldBe(team.Workspace);
        using var conditional = new HttpRequestMessage(HttpMethod.Get, team.Path);
        conditional.Headers.IfNoneMatch.Add(read.Headers.ETag!);
        using var unchanged = await team.OwnerClient.SendAsync(conditional);
        unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);

        var heard = await identity.Events.HearsAsync<WorkspaceCreated>(e => e.WorkspaceId == team.Id);
        heard.OwnerId.ShouldBe(team.Owner.Id);
        heard.Name.ShouldBe("Café ☕ 團隊");
    }

    [Fact]
    public async Task A_repeated_creation_with_one_key_creates_one()
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        client.DefaultRequestHeaders.Add("Idempotency-Key", "once");
        using var first = await client.PostAsJsonAsync(Path, new { name = "Once" });
        using var second = await client.PostAsJsonAsync(Path, new { name = "Once" });
        (await second.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.Created)).ShouldBe(await first.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.Created));
        (await client.GetFromJsonAsync<Listed<WorkspaceBody>>(Path))!.Items.Length.ShouldBe(2);
    }

    [Fact]
    public async Task Nobody_owns_more_than_the_plan_allows_not_even_by_asking_at_once()
    {
        await using var host = identity.Another(("Identity:MaxWorkspaces", "2"), ("Identity:MaxWorkspacesByPlan:pro", "3"));
        var account = await Account.RegisterAsync(host);
        using var client = await account.SignedInAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => client.PostAsJsonAsync(Path, new { name = "One of six" })));
        answers.Count(answer => answer.StatusCode == HttpStatusCode.Created).ShouldBe(2);
        foreach (var answer in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
        {
            await answer.ShouldBeProblemAsync(HttpStatusCode.PaymentRequired, "plan-limit-reached");
            (await answer.Content.ReadAsStringAsync()).ShouldContain("\"upgradeTo\":\"pro\"");
        }

        await identity.ExecuteAsync("update workspaces set plan = 'pro' where id = @WorkspaceId", new { account.WorkspaceId });
        using var third = await client.PostAsJsonAsync(Path, new { name = "With the bigger plan" });
        third.StatusCode.ShouldBe(HttpStatusCode.Created);
        foreach (var answer in answers)
        {
            answer.Dispose();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a\u0000b")]
    [InlineData("a\nb")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u2066b")]
    [InlineData("x×101")]
    public async Task A_name_that_nobody_can_read_is_refused_by_its_field(string name)
    {
        using var team = await Team.CreateAsync(identity);
        var wrong = name == "x×101" ? new string('x', 101) : name;
        using var created = await team.OwnerClient.PostAsJsonAsync(Path, new { name = wrong });
        await created.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "name");
        using var renamed = await team.OwnerClient.PatchAsJsonAsync(team.Path, new { name = wrong });
        await renamed.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "name");
        (await team.OwnerClient.GetFromJsonAsync<WorkspaceBody>(team.Path)).ShouldBe(team.Workspace);
    }

    [Fact]
    public async Task The_length_of_a_name_counts_characters_and_not_UTF16_units()
    {
        using var team = await Team.CreateAsync(identity);
        var longest = string.Concat(Enumerable.Repeat("\U0001F680", 100));
        using var renamed = await team.OwnerClient.PatchAsJsonAsync(team.Path, new { name = longest });
        (await renamed.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK)).Name.ShouldBe(longest);
        using var refused = await team.OwnerClient.PatchAsJsonAsync(team.Path, new { name = longest + "a" });
        await refused.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "name");
    }

    [Fact]
    public async Task A_change_keeps_omitted_fields_and_guards_against_lost_updates()
    {
        using var team = await Team.CreateAsync(identity, "Before");
        using var renamed = await team.OwnerClient.PatchAsJsonAsync(team.Path, new { name = "After" });
        var after = await renamed.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK);
        after.Version.ShouldBe(team.Workspace.Version + 1);
        after.RequireTwoFactor.ShouldBeFalse();
        (await identity.Events.HearsAsync<WorkspaceRenamed>(e => e.WorkspaceId == team.Id)).Name.ShouldBe("After");

        using var request = new HttpRequestMessage(HttpMethod.Patch, team.Path) { Content = JsonContent.Create(new { name = "Lost" }) };
        request.Headers.Add("If-Match", "\"v1\"");
        using var old = await team.OwnerClient.SendAsync(request);
        await old.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
        using var nothing = await team.OwnerClient.PatchAsJsonAsync(team.Path, new { });
        (await nothing.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK)).ShouldBe(after);
        using var nulls = await team.OwnerClient.PatchAsJsonAsync(team.Path, new { name = (string?)null, requireTwoFactor = (bool?)null });
        var problem = await nulls.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "name");
        problem.Errors!.Keys.ShouldContain("requireTwoFactor");
    }

    [Fact]
    public async Task Only_owners_can_require_two_factors_and_earlier_tokens_are_revoked()
    {
        using var team = await Team.CreateAsync(identity);
        using var admin = await (await team.AddAsync("admin")).SignedInAsync();
        using var refused = await admin.PatchAsJsonAsync(team.Path, new { requireTwoFactor = true });
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "forbidden");
        using var renamed = await admin.PatchAsJsonAsync(team.Path, new { name = "An admin may" });
        renamed.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var without = await team.OwnerClient.PatchAsJsonAsync(team.Path, new { requireTwoFactor = true });
        await without.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "two-factor-enrollment-required");
        using var proven = await TwoFactorsAsync(team.Owner);
        using var required = await proven.PatchAsJsonAsync(team.Path, new { requireTwoFactor = true });
        (await required.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK)).RequireTwoFactor.ShouldBeTrue();
        await identity.Events.HearsAsync<AccessRevoked>(e => e.Kind == RevocationKinds.Workspace && e.Subject == team.Id.ToString());

        // A member with one factor has no access, but can leave.
        var member = await team.AddAsync("member");
        using var memberClient = await member.SignedInAsync();
        using var keptOut = await memberClient.GetAsync(team.Path);
        await keptOut.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "two-factor-enrollment-required");
        using var memberProven = await TwoFactorsAsync(member);
        using var letIn = await memberProven.GetAsync(team.Path);
        letIn.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var left = await team.RemoveAsync(memberClient, member);
        left.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    /// <summary>A user whose session has two factors.</summary>
    private async Task<HttpClient> TwoFactorsAsync(Account account)
    {
        var tokens = await account.LogInAsync();
        await identity.ExecuteAsync("update sessions set methods = '{pwd,otp,mfa}' where user_id = @Id", new { account.Id });
        using var client = identity.Host.CreateClient();
        using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
        return identity.Host.CreateClient((await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK)).AccessToken);
    }

    [Fact]
    public async Task A_deleted_workspace_is_read_only_and_can_be_restored()
    {
        using var team = await Team.CreateAsync(identity);
        var member = await team.AddAsync("member");
        var invitation = await team.InviteAsync(Account.NewEmail());
        using var deleted = await team.OwnerClient.DeleteAsync(team.Path);
        var gone = await deleted.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK);
        (gone.EraseAfter - gone.DeletionScheduledAt).ShouldBe(TimeSpan.FromDays(30));
        (await identity.Events.HearsAsync<WorkspaceDeletionScheduled>(e => e.WorkspaceId == team.Id)).EraseAfter.ShouldBe(gone.EraseAfter!.Value, TimeSpan.FromMilliseconds(1));
        await identity.Events.HearsAsync<SecurityNoticeRaised>(
            e => e.UserId == team.Owner.Id && e.Kind == SecurityNoticeKinds.WorkspaceDeletionScheduled && e.Detail == "Team");

        using var again = await team.OwnerClient.DeleteAsync(team.Path);
        (await again.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK)).ShouldBe(gone);
        foreach (var change in new Func<Task<HttpResponseMessage>>[]
        {
            () => team.OwnerClient.PatchAsJsonAsync(team.Path, new { name = "Other" }),
            () => team.SetRoleAsync(team.OwnerClient, member, "viewer"),
            () => team.OwnerClient.PostAsJsonAsync($"{team.Path}/transfer", new { userId = member.Id }),
            () => team.OwnerClient.PostAsJsonAsync($"{team.Path}/invitations", new { email = Account.NewEmail(), role = "member" }),
            () => team.OwnerClient.PostAsync($"{team.Path}/invitations/{invitation.Id}/resend", null),
        })
        {
            using var refused = await change();
            await refused.ShouldBeProblemAsync(HttpStatusCode.Conflict, "workspace-deletion-scheduled");
        }

        using var one = await team.OwnerClient.GetAsync(team.Path);
        (await one.ShouldBeAsync<System.Text.Json.Nodes.JsonNode>(HttpStatusCode.OK))["deletionGraceSeconds"]!.GetValue<long>().ShouldBe(30 * 24 * 3600);
        using var members = await team.OwnerClient.GetAsync($"{team.Path}/members");
        members.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var restored = await team.OwnerClient.PostAsync($"{team.Path}/restore", null);
        var back = await restored.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.OK);
        (back.DeletionScheduledAt, back.EraseAfter).ShouldBe((null, null));
        await identity.Events.HearsAsync<WorkspaceRestored>(e => e.WorkspaceId == team.Id);
        using var changed = await team.SetRoleAsync(team.OwnerClient, member, "viewer");
        changed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Tokens_for_a_workspace_scheduled_for_deletion_are_read_only()
    {
        using var team = await Team.CreateAsync(identity);
        var tokens = await team.Owner.LogInAsync();
        await identity.ExecuteAsync("update sessions set workspace_id = @Id where user_id = @UserId", new { team.Id, UserId = team.Owner.Id });
        (await ScopesAsync()).ShouldContain(Scopes.LinksWrite);
        using var deleted = await team.OwnerClient.DeleteAsync(team.Path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ScopesAsync()).ShouldBe([.. Scopes.All.Where(scope => !scope.EndsWith(":write", StringComparison.Ordinal))], ignoreOrder: true);
        using var restored = await team.OwnerClient.PostAsync($"{team.Path}/restore", null);
        restored.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ScopesAsync()).ShouldBe(Scopes.All, ignoreOrder: true);

        async Task<string[]> ScopesAsync()
        {
            using var client = identity.Host.CreateClient();
            using var refreshed = await client.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
            tokens = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
            return new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(tokens.AccessToken).GetClaim("scope").Value.Split(' ');
        }
    }

    [Fact]
    public async Task A_personal_workspace_can_only_be_deleted_with_its_account()
    {
        var account = await Team.VerifiedAsync(identity);
        using var client = await account.SignedInAsync();
        using var deleted = await client.DeleteAsync($"{Path}/{account.WorkspaceId}");
        await deleted.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        using var left = await client.DeleteAsync($"{Path}/{account.WorkspaceId}/members/{account.Id}");
        await left.ShouldBeProblemAsync(HttpStatusCode.Conflict, "last-owner");
        var guest = await identity.RegisterAsync();
        await identity.ExecuteAsync(
            "insert into members (workspace_id, user_id, role, joined_at) values (@WorkspaceId, @Id, 'admin', now())", new { account.WorkspaceId, guest.Id });
        using var promoted = await client.PatchAsJsonAsync($"{Path}/{account.WorkspaceId}/members/{guest.Id}", new { role = "owner" });
        await promoted.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        using var transferred = await client.PostAsJsonAsync($"{Path}/{account.WorkspaceId}/transfer", new { userId = guest.Id });
        await transferred.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
    }

    [Fact]
    public async Task After_the_grace_period_nothing_is_left_and_two_replicas_publish_it_once()
    {
        using var team = await Team.CreateAsync(identity, "Marker-" + Guid.NewGuid().ToString("N"));
        var member = await team.AddAsync("member");
        await team.InviteAsync(Account.NewEmail());
        using var memberClient = await member.SignedInAsync();
        var tokens = await member.LogInAsync();
        await identity.ExecuteAsync("update sessions set workspace_id = @Id where user_id = @UserId", new { team.Id, UserId = member.Id });
        await identity.ExecuteAsync(
            """
            insert into api_keys (id, workspace_id, user_id, name, key_hash, prefix, scopes, created_at)
            values (gen_random_uuid(), @Id, @UserId, 'marker', @Hash, 'ls_live_mark', '{links:read}', now())
            """,
            new { team.Id, UserId = member.Id, Hash = team.Id.ToString("N") });
        using var deleted = await team.OwnerClient.DeleteAsync(team.Path);
        deleted.StatusCode.ShouldBe(HttpStatusCode.OK);
        await identity.ExecuteAsync("update workspaces set erase_after = now() - interval '1 second' where id = @Id", new { team.Id });
        using var tooLate = await team.OwnerClient.PostAsync($"{team.Path}/restore", null);
        await tooLate.ShouldBeProblemAsync(HttpStatusCode.Conflict, "workspace-deletion-scheduled");

        await using var one = identity.Another(("Identity:WorkspaceErasureInterval", "00:00:00.2"));
        await using var two = identity.Another(("Identity:WorkspaceErasureInterval", "00:00:00.2"));
        one.CreateClient().Dispose();
        two.CreateClient().Dispose();
        await identity.Events.HearsAsync<WorkspaceErased>(e => e.WorkspaceId == team.Id);
        await identity.Events.HearsAsync<ApiKeyRevoked>(e => e.KeyHash == team.Id.ToString("N"));
        using var read = await team.OwnerClient.GetAsync(team.Path);
        await read.ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
        foreach (var table in await TenantTablesAsync())
        {
            (await identity.QueryAsync<int>($"select count(*)::int from {table} where workspace_id = @Id", new { team.Id })).ShouldBe(0, table);
        }

        (await identity.QueryAsync<int>("select count(*)::int from workspaces where id = @Id", new { team.Id })).ShouldBe(0);
        // Members' sessions continue in their own workspaces.
        using var refreshed = await memberClient.PostAsJsonAsync("/api/v1/auth/refresh", new { refreshToken = tokens.RefreshToken });
        var next = await refreshed.ShouldBeAsync<TokenPair>(HttpStatusCode.OK);
        new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(next.AccessToken).GetClaim("ws").Value.ShouldBe(member.WorkspaceId.ToString());
        identity.Events.Heard<WorkspaceErased>(e => e.WorkspaceId == team.Id).Count.ShouldBe(1);
    }

    /// <summary>Every endpoint under /workspaces/{id} with every role: as its row of the permissions table states, and 404 for strangers.</summary>
    [Fact]
    public async Task Every_endpoint_of_a_workspace_requires_the_role_of_the_permissions_table()
    {
        var endpoints = identity.Host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/v1/workspaces/{id}", StringComparison.Ordinal)).ToList();
        endpoints.Count.ShouldBeGreaterThanOrEqualTo(12);
        using var team = await Team.CreateAsync(identity);
        var callers = new List<(Role? Role, HttpClient Client)> { (null, await (await Team.VerifiedAsync(identity)).SignedInAsync()) };
        foreach (var role in Enum.GetValues<Role>())
        {
            callers.Add((role, await (await team.AddAsync(Permissions.NameOf(role))).SignedInAsync()));
        }

        // The deletion comes last, as most responses are 409 after it.
        foreach (var endpoint in endpoints.OrderBy(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0] == "DELETE"))
        {
            var least = endpoint.Metadata.GetMetadata<WorkspacePermission>().ShouldNotBeNull(endpoint.DisplayName).Permission.LeastRole;
            var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Single();
            foreach (var (role, client) in callers)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), endpoint.RoutePattern.RawText!
                    .Replace("{id}", team.Id.ToString(), StringComparison.Ordinal)
                    .Replace("{userId}", Guid.NewGuid().ToString(), StringComparison.Ordinal)
                    .Replace("{invitationId}", Guid.NewGuid().ToString(), StringComparison.Ordinal));
                request.Content = BodyOf(method, endpoint.RoutePattern.RawText!);
                using var response = await client.SendAsync(request);
                var what = $"{method} {endpoint.RoutePattern.RawText} as {role}: {await response.Content.ReadAsStringAsync()}";
                if (role is null)
                {
                    response.StatusCode.ShouldBe(HttpStatusCode.NotFound, what);
                }
                else if (role < least)
                {
                    response.StatusCode.ShouldBe(HttpStatusCode.Forbidden, what);
                }
                else
                {
                    response.StatusCode.ShouldNotBeOneOf(HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden, HttpStatusCode.InternalServerError);
                }
            }

            using var anonymous = identity.Host.CreateClient();
            using var unsigned = await anonymous.SendAsync(new HttpRequestMessage(
                new HttpMethod(method), endpoint.RoutePattern.RawText!.Replace("{id}", team.Id.ToString(), StringComparison.Ordinal)));
            unsigned.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, endpoint.DisplayName);
        }

        foreach (var (_, client) in callers)
        {
            client.Dispose();
        }
    }

    private static JsonContent? BodyOf(string method, string route) => (method, route.Split('/')[^1]) switch
    {
        ("PATCH", "{userId}") => JsonContent.Create(new { role = "viewer" }),
        ("PATCH", _) => JsonContent.Create(new { name = "Renamed" }),
        ("POST", "transfer") => JsonContent.Create(new { userId = Guid.NewGuid() }),
        ("POST", "test") => JsonContent.Create(new { issuer = "https://192.0.2.1" }),
        ("PUT", _) => JsonContent.Create(new { issuer = "https://192.0.2.1", clientId = "linkshort" }),
        ("POST", "domains") => JsonContent.Create(new { domain = "example.com" }),
        ("POST", "restore" or "resend" or "verify") => null,
        ("POST", _) => JsonContent.Create(new { email = Account.NewEmail(), role = "member" }),
        _ => null,
    };

    /// <summary>Tables with a workspace_id, except those that outlive the workspace: the audit log and the counts of emails.</summary>
    private async Task<IReadOnlyList<string>> TenantTablesAsync()
    {
        var tables = new List<string>();
        await using var command = identity.Database.CreateCommand(
            """
            select table_name from information_schema.columns
            where table_schema = 'public' and column_name = 'workspace_id' and table_name not like 'audit\_%' and table_name <> 'invitation_mails'
            """);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            tables.Add(reader.GetString(0));
        }

        tables.ShouldContain("members");
        return tables;
    }
}
