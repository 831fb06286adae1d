using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Workspaces, members, invitations and keys: roles are enforced, and a changed role revokes tokens.</summary>
internal sealed partial class FakeApi
{
    private readonly List<Team> _teams = [];

    internal sealed partial class Account
    {
        public Guid Id { get; } = Guid.CreateVersion7();

        public string Locale { get; set; } = "en";

        public bool EmailVerified { get; set; } = true;

        /// <summary>The session's workspace; null for the personal one.</summary>
        public Guid? WorkspaceId { get; set; }
    }

    internal sealed partial class Team
    {
        public Guid Id { get; } = Guid.CreateVersion7();

        public required string Name { get; set; }

        public Account? PersonalOf { get; init; }

        public bool RequireTwoFactor { get; set; }

        public string? SuspendedBecause { get; set; }

        public DateTimeOffset? DeletionScheduledAt { get; set; }

        public long Version { get; set; } = 1;

        public List<Member> Members { get; } = [];

        public List<Invitation> Invitations { get; } = [];

        public Member? MemberOf(Account account) => Members.FirstOrDefault(member => member.Account == account);
    }

    internal sealed class Member
    {
        public required Account Account { get; init; }

        public required string Role { get; set; }

        public bool TwoFactor { get; init; }

        public DateTimeOffset JoinedAt { get; } = TimeProvider.System.GetUtcNow();
    }

    internal sealed class Invitation
    {
        public Guid Id { get; } = Guid.CreateVersion7();

        public required string Email { get; init; }

        public required string Role { get; init; }

        public required Account By { get; init; }

        public string Token { get; set; } = NewToken();

        public int Sent { get; set; } = 1;

        public DateTimeOffset ExpiresAt { get; set; } = TimeProvider.System.GetUtcNow().AddDays(7);

        public static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
    }

    /// <summary>A workspace with members, whose sessions switch to it.</summary>
    public Team AddTeam(string name, params (Account Account, string Role)[] members)
    {
        var team = new Team { Name = name };
        foreach (var (account, role) in members)
        {
            Join(team, account, role);
            account.WorkspaceId = team.Id;
        }

        lock (_teams)
        {
            _teams.Add(team);
        }

        return team;
    }

    public void Join(Team team, Account account, string role) => team.Members.Add(new Member { Account = account, Role = role });

    public Invitation Invite(Team team, Account by, string email, string role)
    {
        var invitation = new Invitation { Email = email, Role = role, By = by };
        team.Invitations.Insert(0, invitation);
        return invitation;
    }

    public void ChangeRole(Team team, Account account, string role)
    {
        team.MemberOf(account)!.Role = role;
        RevokeAccess(account);
    }

    public void ScheduleDeletion(Team team)
    {
        team.DeletionScheduledAt = TimeProvider.System.GetUtcNow();
        foreach (var member in team.Members)
        {
            RevokeAccess(member.Account);
        }
    }

    /// <summary>Access tokens are refused; refresh tokens keep working.</summary>
    public void RevokeAccess(Account account)
    {
        foreach (var (token, _) in _accessTokens.Where(token => token.Value.Account == account).ToArray())
        {
            _accessTokens.TryRemove(token, out _);
        }

        Announce(account);
    }

    public Team CurrentOf(Account account) =>
        TeamsOf(account).FirstOrDefault(team => team.Id == account.WorkspaceId) ?? TeamsOf(account).First(team => team.PersonalOf == account);

    private Team[] TeamsOf(Account account)
    {
        lock (_teams)
        {
            if (_teams.All(team => team.PersonalOf != account))
            {
                var personal = new Team { Name = account.Name is { } name ? $"{name}'s workspace" : "My workspace", PersonalOf = account };
                Join(personal, account, "owner");
                _teams.Insert(0, personal);
            }

            return [.. _teams.Where(team => team.MemberOf(account) is not null)];
        }
    }

    private string ClaimsOf(Account account)
    {
        var team = CurrentOf(account);
        return Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(new
        {
            sub = account.Id, ws = team.Id, op = account.IsOperator ? "true" : null, role = team.MemberOf(account)!.Role, sid = account.State.Session,
            ims = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), amr = account.State.IsLimited ? "sso" : string.Join(' ', account.State.Methods),
        }));
    }

    private async Task CheckCredentialsAsync(HttpContext context, Func<Task> next)
    {
        var method = context.Request.Method;
        var path = context.Request.Path.StartsWithSegments("/api/v1", out var rest) ? rest.Value : "";
        var isOfAccount = path is "/auth/switch" or "/me/passkeys" or "/me/sessions" or "/me/sso" or "/me/2fa/devices" or "/me/support-access" or "/me/email" or "/invitations/accept"
            || (path == "/workspaces" && HttpMethods.IsPost(method));
        if (isOfAccount && Caller(context.Request) is { State.IsLimited: true })
        {
            await Problem(403, "recent-sign-in-required", "\"credentials\":\"own\"").ExecuteAsync(context);
            return;
        }

        await next();
    }

    private async Task CheckRoleAsync(HttpContext context, Func<Task> next)
    {
        var request = context.Request;
        if (!HttpMethods.IsGet(request.Method) && request.Path.StartsWithSegments("/api/v1/links", StringComparison.Ordinal) && Caller(request) is { } account)
        {
            var team = CurrentOf(account);
            if (team.DeletionScheduledAt is not null || team.MemberOf(account)!.Role == "viewer")
            {
                await Problem(403, "forbidden", "\"detail\":\"The token or API key lacks the required scope or role.\"").ExecuteAsync(context);
                return;
            }
        }

        await next();
    }

    private static object Shown(Team team, Account account) => new
    {
        id = team.Id,
        name = team.Name,
        plan = team.Plan.Key,
        personal = team.PersonalOf == account,
        role = team.MemberOf(account)!.Role,
        requireTwoFactor = team.RequireTwoFactor,
        deletionScheduledAt = team.DeletionScheduledAt,
        eraseAfter = team.DeletionScheduledAt?.AddDays(30),
        createdAt = TimeProvider.System.GetUtcNow().AddDays(-40),
        updatedAt = TimeProvider.System.GetUtcNow(),
        version = team.Version,
        deletionGraceSeconds = 30 * 24 * 3600,
    };

    private static object Shown(Invitation invitation) => new
    {
        id = invitation.Id,
        email = invitation.Email,
        role = invitation.Role,
        invitedBy = invitation.By.Id,
        createdAt = TimeProvider.System.GetUtcNow(),
        sentAt = TimeProvider.System.GetUtcNow(),
        expiresAt = invitation.ExpiresAt,
    };

    /// <summary>404 for non-members, 403 for an insufficient role, 409 for changes while a deletion is scheduled.</summary>
    private IResult InTeam(HttpRequest request, Guid id, Role least, bool changes, Func<Account, Team, IResult> then)
    {
        if (Caller(request) is not { } account)
        {
            return Problem(401, "unauthorized");
        }

        if (TeamsOf(account).FirstOrDefault(team => team.Id == id) is not { } team)
        {
            return Problem(404, "not-found");
        }

        var role = team.MemberOf(account)!.Role;
        return Permissions.RoleOf(role) < least
                ? Problem(403, "forbidden", $"\"detail\":\"This requires the {Permissions.NameOf(least)} role in the workspace; yours is {role}.\"")
            : changes && team.DeletionScheduledAt is not null ? Problem(409, "workspace-deletion-scheduled")
            : then(account, team);
    }

    private void MapWorkspaces()
    {
        var workspaces = _app.MapGroup("/api/v1/workspaces");
        workspaces.MapGet("/", (HttpRequest request) => Caller(request) is { } account
            ? Results.Json(new { items = TeamsOf(account).Select(team => Shown(team, account)), nextCursor = (string?)null })
            : Problem(401, "unauthorized"));
        workspaces.MapPost("/", (HttpRequest request, JsonObject body) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (string.IsNullOrWhiteSpace(Text(body, "name")))
            {
                return Invalid("name", "This is required.");
            }

            var team = new Team { Name = Text(body, "name")! };
            Join(team, account, "owner");
            lock (_teams)
            {
                _teams.Add(team);
            }

            return Results.Json(Shown(team, account), statusCode: 201);
        });
        workspaces.MapGet("/{id:guid}", (HttpContext context, Guid id) => InTeam(context.Request, id, Role.Viewer, false, (account, team) =>
        {
            context.Response.Headers.ETag = $"\"v{team.Version}\"";
            return Results.Json(Shown(team, account));
        }));
        workspaces.MapPatch("/{id:guid}", (HttpRequest request, Guid id, JsonObject body) =>
            InTeam(request, id, body.ContainsKey("requireTwoFactor") ? Role.Owner : Role.Admin, true, (account, team) =>
            {
                if (request.Headers.IfMatch.ToString() is { Length: > 0 } etag && etag != $"\"v{team.Version}\"")
                {
                    return Problem(412, "precondition-failed");
                }

                if (body.ContainsKey("name") && string.IsNullOrWhiteSpace(Text(body, "name")))
                {
                    return Invalid("name", "This is required.");
                }

                team.Name = Text(body, "name") ?? team.Name;
                team.RequireTwoFactor = body["requireTwoFactor"]?.GetValue<bool>() ?? team.RequireTwoFactor;
                team.Version++;
                return Results.Json(Shown(team, account));
            }));
        MapOwnership(workspaces);
        MapSwitching();
        MapMembers(workspaces);
        MapTeamInvitations(workspaces);
    }

    private void MapOwnership(RouteGroupBuilder workspaces)
    {
        workspaces.MapDelete("/{id:guid}", (HttpRequest request, Guid id) => InTeam(request, id, Role.Owner, false, (account, team) =>
        {
            if (!account.State.IsRecent)
            {
                return Problem(403, "recent-sign-in-required");
            }

            ScheduleDeletion(team);
            return Results.Json(Shown(team, account));
        }));
        workspaces.MapPost("/{id:guid}/restore", (HttpRequest request, Guid id) => InTeam(request, id, Role.Owner, false, (account, team) =>
        {
            team.DeletionScheduledAt = null;
            RevokeAccess(account);
            return Results.Json(Shown(team, account));
        }));
        workspaces.MapPost("/{id:guid}/transfer", (HttpRequest request, Guid id, JsonObject body) => InTeam(request, id, Role.Owner, true, (account, team) =>
        {
            if (!account.State.IsRecent)
            {
                return Problem(403, "recent-sign-in-required");
            }

            if (team.Members.FirstOrDefault(member => member.Account.Id == body["userId"]!.GetValue<Guid>()) is not { } to)
            {
                return Invalid("userId", "Must be a member of the workspace. Invite them first.");
            }

            ChangeRole(team, to.Account, "owner");
            ChangeRole(team, account, "admin");
            return Results.Json(Shown(team, account));
        }));
    }

    private void MapSwitching() =>
        _app.MapPost("/api/v1/auth/switch", (HttpRequest request, JsonObject body) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (TeamsOf(account).FirstOrDefault(team => team.Id == body["workspaceId"]!.GetValue<Guid>()) is not { } team)
            {
                return Problem(404, "not-found");
            }

            if (team.RequireTwoFactor && !account.State.Methods.Contains("mfa"))
            {
                return Problem(403, "two-factor-enrollment-required");
            }

            account.WorkspaceId = team.Id;
            // The previous refresh token is used up.
            foreach (var token in account.RefreshTokens.Keys)
            {
                account.RefreshTokens[token] = false;
            }

            return TokensFor(account);
        });

    private void MapMembers(RouteGroupBuilder workspaces)
    {
        workspaces.MapGet("/{id:guid}/members", (HttpRequest request, Guid id) => InTeam(request, id, Role.Viewer, false, (account, team) => Results.Json(new
        {
            items = team.Members.ToArray().Select(member => new
            {
                userId = member.Account.Id,
                name = member.Account.Name,
                email = member.Account.Email,
                role = member.Role,
                joinedAt = member.JoinedAt,
                twoFactor = Permissions.RoleOf(team.MemberOf(account)!.Role) >= Role.Admin ? member.TwoFactor : (bool?)null,
            }),
            nextCursor = (string?)null,
        })));
        workspaces.MapPatch("/{id:guid}/members/{userId:guid}", (HttpRequest request, Guid id, Guid userId, JsonObject body) =>
            InTeam(request, id, Role.Admin, true, (account, team) =>
            {
                var own = team.MemberOf(account)!.Role;
                var wanted = Text(body, "role")!;
                return team.Members.FirstOrDefault(member => member.Account.Id == userId) is not { } member ? Problem(404, "not-found")
                    : (member.Role == "owner" || wanted == "owner") && own != "owner" ? Problem(403, "forbidden", "\"detail\":\"Only owners can make someone an owner or change an owner's role.\"")
                    : member.Role == "owner" && wanted != "owner" && team.Members.Count(other => other.Role == "owner") == 1 ? Problem(409, "last-owner")
                    : Changed(() => ChangeRole(team, member.Account, wanted), Results.Json(new { userId, role = wanted }));
            }));
        workspaces.MapDelete("/{id:guid}/members/{userId:guid}", (HttpRequest request, Guid id, Guid userId) =>
            InTeam(request, id, Caller(request)?.Id == userId ? Role.Viewer : Role.Admin, false, (_, team) =>
                team.Members.FirstOrDefault(member => member.Account.Id == userId) is not { } member ? Problem(404, "not-found")
                    : member.Role == "owner" && team.Members.Count(other => other.Role == "owner") == 1 ? Problem(409, "last-owner")
                    : Changed(() =>
                    {
                        team.Members.Remove(member);
                        RevokeAccess(member.Account);
                    }, Results.NoContent())));
    }

    private void MapTeamInvitations(RouteGroupBuilder workspaces)
    {
        workspaces.MapGet("/{id:guid}/invitations", (HttpRequest request, Guid id) => InTeam(request, id, Role.Viewer, false, (_, team) =>
            Results.Json(new { items = team.Invitations.ToArray().Select(Shown), nextCursor = (string?)null })));
        workspaces.MapPost("/{id:guid}/invitations", (HttpRequest request, Guid id, JsonObject body) => InTeam(request, id, Role.Admin, true, (account, team) =>
        {
            var email = Text(body, "email") ?? "";
            return !email.Contains('@', StringComparison.Ordinal) ? Invalid("email", "This is not an e-mail address.")
                : !account.EmailVerified ? Problem(403, "email-not-verified")
                : team.Members.Any(member => member.Account.Email == email) ? Problem(409, "conflict", "\"detail\":\"This person is already a member.\"")
                : Results.Json(Shown(Invite(team, account, email, Text(body, "role")!)), statusCode: 201);
        }));
        workspaces.MapDelete("/{id:guid}/invitations/{invitationId:guid}", (HttpRequest request, Guid id, Guid invitationId) =>
            InTeam(request, id, Role.Admin, false, (_, team) => team.Invitations.RemoveAll(invitation => invitation.Id == invitationId) > 0 ? Results.NoContent() : Problem(404, "not-found")));
        workspaces.MapPost("/{id:guid}/invitations/{invitationId:guid}/resend", (HttpRequest request, Guid id, Guid invitationId) =>
            InTeam(request, id, Role.Admin, true, (_, team) =>
            {
                if (team.Invitations.FirstOrDefault(invitation => invitation.Id == invitationId) is not { } invitation)
                {
                    return Problem(404, "not-found");
                }

                invitation.Sent++;
                invitation.Token = Invitation.NewToken();
                return Results.Json(Shown(invitation));
            }));
    }

    private static IResult Changed(Action change, IResult result)
    {
        change();
        return result;
    }

    private void MapInvitations()
    {
        var answers = _app.MapGroup("/api/v1/invitations");
        answers.MapPost("/preview", (JsonObject body) => Found(body) is var (team, invitation)
            ? Results.Json(new { workspaceId = team.Id, workspaceName = team.Name, invitedBy = invitation.By.Name, email = invitation.Email, role = invitation.Role, expiresAt = invitation.ExpiresAt, hasAccount = _accounts.ContainsKey(invitation.Email) })
            : InvalidInvitation(body));
        answers.MapPost("/accept", (HttpRequest request, JsonObject body) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (Found(body) is not var (team, invitation))
            {
                return Problem(410, "invitation-invalid");
            }

            if (invitation.Email != account.Email)
            {
                return Problem(403, "invitation-for-somebody-else");
            }

            account.EmailVerified = true;
            team.Invitations.Remove(invitation);
            Join(team, account, invitation.Role);
            return Results.Json(Shown(team, account));
        });
        answers.MapPost("/decline", (JsonObject body) =>
        {
            if (Found(body) is not var (team, invitation))
            {
                return Problem(410, "invitation-invalid");
            }

            team.Invitations.Remove(invitation);
            return Results.NoContent();
        });

        (Team, Invitation)? Found(JsonObject body) => InvitationOf(Text(body, "token") ?? "");

        IResult InvalidInvitation(JsonObject body)
        {
            lock (_teams)
            {
                var expired = _teams.SelectMany(team => team.Invitations.Select(invitation => (Team: team, Invitation: invitation))).FirstOrDefault(each => each.Invitation.Token == Text(body, "token"));
                return expired.Team is null
                    ? Problem(410, "invitation-invalid")
                    : Problem(410, "invitation-invalid", $"\"expiredAt\":\"{expired.Invitation.ExpiresAt:O}\",\"workspaceName\":\"{expired.Team.Name}\",\"invitedBy\":\"{expired.Invitation.By.Name}\"");
            }
        }
    }

    private (Team Team, Invitation Invitation)? InvitationOf(string token)
    {
        lock (_teams)
        {
            return _teams
                .SelectMany(team => team.Invitations.Select(invitation => ((Team, Invitation)?)(team, invitation)))
                .FirstOrDefault(each => each!.Value.Item2.Token == token && each.Value.Item2.ExpiresAt > TimeProvider.System.GetUtcNow());
        }
    }

    private void MapKeyChanges(RouteGroupBuilder keys)
    {
        keys.MapGet("/{id:guid}", (HttpContext context, Guid id) =>
        {
            if (Caller(context.Request)?.Keys.FirstOrDefault(key => key["id"]!.GetValue<Guid>() == id) is not { } key)
            {
                return Problem(404, "not-found");
            }

            context.Response.Headers.ETag = $"\"v{key["version"]}\"";
            return Results.Json(ShownKey(key));
        });
        keys.MapPatch("/{id:guid}", (HttpRequest request, Guid id, JsonObject body) =>
        {
            if (Caller(request)?.Keys.FirstOrDefault(key => key["id"]!.GetValue<Guid>() == id) is not { } key)
            {
                return Problem(404, "not-found");
            }

            if (request.Headers.IfMatch.ToString() is { Length: > 0 } etag && etag != $"\"v{key["version"]}\"")
            {
                return Problem(412, "precondition-failed");
            }

            if (body["allowedNetworks"] is JsonArray networks && networks.Select((network, i) => (Text: network!.GetValue<string>(), i)).FirstOrDefault(each => !System.Net.IPNetwork.TryParse(each.Text, out _)) is { Text: not null } wrong)
            {
                return Invalid($"allowedNetworks[{wrong.i}]", "A network in CIDR form, like 203.0.113.0/24.");
            }

            foreach (var (name, value) in body)
            {
                key[name] = value?.DeepClone();
            }

            key["version"] = (key["version"]?.GetValue<int>() ?? 1) + 1;
            return Results.Json(ShownKey(key));
        });
        MapRotation(keys);
    }

    private void MapRotation(RouteGroupBuilder keys)
    {
        keys.MapPost("/{id:guid}/rotate", (HttpRequest request, Guid id, JsonObject body) =>
        {
            if (Caller(request) is not { } account || account.Keys.FirstOrDefault(key => key["id"]!.GetValue<Guid>() == id) is not { } old)
            {
                return Problem(404, "not-found");
            }

            if (CurrentOf(account).DeletionScheduledAt is not null)
            {
                return Problem(409, "workspace-deletion-scheduled");
            }

            var secret = "ls_live_" + RandomNumberGenerator.GetHexString(32, lowercase: true);
            var fresh = (JsonObject)old.DeepClone();
            var newId = Guid.CreateVersion7();
            fresh["id"] = newId;
            fresh["prefix"] = secret[..12];
            fresh["lastUsedAt"] = null;
            account.Keys.Insert(0, fresh);
            var end = TimeProvider.System.GetUtcNow().AddSeconds(body["overlapSeconds"]!.GetValue<int>());
            old["rotatedTo"] = newId;
            old["expiresAt"] = end;
            var created = Created(fresh, secret);
            created["oldKeyExpiresAt"] = end;
            return Results.Json(created, statusCode: 201);
        });
    }
}
