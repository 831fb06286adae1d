using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

public sealed record WorkspaceBody(
    Guid Id, string Name, string Plan, bool Personal, string Role, bool RequireTwoFactor, DateTimeOffset? DeletionScheduledAt,
    DateTimeOffset? EraseAfter, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);

public sealed record MemberBody(Guid UserId, string? Name, string Email, string Role, DateTimeOffset JoinedAt, bool? TwoFactor);

public sealed record InvitationBody(
    Guid Id, string Email, string Role, Guid InvitedBy, DateTimeOffset CreatedAt, DateTimeOffset SentAt, DateTimeOffset ExpiresAt);

/// <summary>A workspace with several members.</summary>
public sealed class Team : IDisposable
{
    private Team(IdentityApplication identity, Account owner, HttpClient client, WorkspaceBody workspace) =>
        (Identity, Owner, OwnerClient, Workspace) = (identity, owner, client, workspace);

    public IdentityApplication Identity { get; }

    public Account Owner { get; }

    public HttpClient OwnerClient { get; }

    public WorkspaceBody Workspace { get; }

    public Guid Id => Workspace.Id;

    public string Path => $"/api/v1/workspaces/{Id}";

    public static async Task<Team> CreateAsync(IdentityApplication identity, string name = "Team")
    {
        ArgumentNullException.ThrowIfNull(identity);
        var owner = await VerifiedAsync(identity);
        var client = await owner.SignedInAsync();
        using var response = await client.PostAsJsonAsync("/api/v1/workspaces", new { name });
        return new Team(identity, owner, client, await response.ShouldBeAsync<WorkspaceBody>(HttpStatusCode.Created));
    }

    /// <summary>A user with a verified address.</summary>
    public static async Task<Account> VerifiedAsync(IdentityApplication identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var account = await identity.RegisterAsync();
        await identity.ExecuteAsync("update users set email_confirmed = true where id = @Id", new { account.Id });
        return account;
    }

    /// <summary>Adds a member without an invitation email.</summary>
    public async Task<Account> AddAsync(string role)
    {
        var account = await VerifiedAsync(Identity);
        await Identity.ExecuteAsync(
            "insert into members (workspace_id, user_id, role, joined_at) values (@Id, @UserId, @role, now())", new { Id, UserId = account.Id, role });
        return account;
    }

    public async Task<InvitationBody> InviteAsync(string email, string role = "member")
    {
        using var response = await OwnerClient.PostAsJsonAsync($"{Path}/invitations", new { email, role });
        return await response.ShouldBeAsync<InvitationBody>(HttpStatusCode.Created);
    }

    /// <summary>The token in the latest email's link.</summary>
    public async Task<string> TokenOfAsync(InvitationBody invitation, int mail = 1)
    {
        var mails = await LinkShort.Testing.Eventually.BecomesAsync(
            () => Task.FromResult(Identity.Events.Heard<InvitationCreated>(e => e.InvitationId == invitation.Id)),
            heard => heard.Count >= mail, TimeSpan.FromSeconds(30));
        return Identity.Host.Services.GetRequiredService<SealedText>()
            .Open(mails.OrderBy(each => each.ExpiresAt).Last().SealedToken, nameof(InvitationCreated));
    }

    public Task<HttpResponseMessage> SetRoleAsync(HttpClient client, Account member, string role) =>
        client.PatchAsJsonAsync($"{Path}/members/{member.Id}", new { role });

    public Task<HttpResponseMessage> RemoveAsync(HttpClient client, Account member) => client.DeleteAsync($"{Path}/members/{member.Id}");

    public Task<string> RoleInDatabaseAsync(Account member) => Identity.QueryAsync<string>(
        "select coalesce((select role from members where workspace_id = @Id and user_id = @UserId), 'none')", new { Id, UserId = member.Id });

    public Task<int> OwnersAsync() =>
        Identity.QueryAsync<int>("select count(*)::int from members where workspace_id = @Id and role = 'owner'", new { Id });

    public void Dispose() => OwnerClient.Dispose();
}
