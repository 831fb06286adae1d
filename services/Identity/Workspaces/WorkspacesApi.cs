using LinkShort.Contracts;
using LinkShort.Identity.Invitations;
using LinkShort.Identity.Members;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.Workspaces;

/// <summary>Workspaces, who is in them, and who is invited.</summary>
public static class WorkspacesApi
{
    private static readonly TimeSpan ExpiredInvitationsKept = TimeSpan.FromDays(30);

    public static void AddWorkspaces(this IServiceCollection services)
    {
        services.AddScoped<WorkspaceAccess>();
        services.AddSingleton<WorkspaceNotices>();
        services.AddSingleton<WorkspaceErasure>();
        services.AddHostedService<WorkspaceErasureJob>();
        services.AddSingleton<MemberChanges>();
        services.AddSingleton<InvitationMails>();
        // Addresses of people who never answered, and mails that no limit counts any more.
        services.AddHourlyCleanup(
            "Expired invitations",
            """
            -- every workspace: housekeeping, nothing is read
            delete from invitations where expires_at < @Expired;
            delete from invitation_mails where sent_at < @DayAgo;
            """,
            now => new { Expired = now - ExpiredInvitationsKept, DayAgo = now.AddDays(-1) });
    }

    public static void MapWorkspaces(this IEndpointRouteBuilder api)
    {
        var workspaces = api.MapGroup("/workspaces").WithTags("Workspaces")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        workspaces.MapGet("/", ListWorkspaces.HandleAsync).RequireAuthorization(Permissions.Profile).WithName("ListWorkspaces")
            .WithSummary("The workspaces that the signed-in person is a member of");
        workspaces.MapPost("/", CreateWorkspace.HandleAsync).RequireAuthorization(Permissions.WorkspaceCreate).WithName("CreateWorkspace")
            .WithSummary("Creates a workspace, owned by the signed-in person")
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithIdempotency();

        var one = workspaces.MapGroup("/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        one.MapGet("/", GetWorkspace.HandleAsync).RequireInWorkspace(Permissions.WorkspaceRead).WithName("GetWorkspace")
            .WithSummary("One workspace. The ETag follows its version")
            .Produces(StatusCodes.Status304NotModified);
        one.MapPatch("/", ChangeWorkspace.HandleAsync).RequireInWorkspace(Permissions.WorkspaceChange).WithName("ChangeWorkspace")
            .WithSummary("Renames the workspace or changes its settings. Honours If-Match")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        one.MapDelete("/", DeleteWorkspace.ScheduleAsync).RequireInWorkspace(Permissions.WorkspaceOwn).RequireRecentSignIn().WithName("DeleteWorkspace")
            .WithSummary("Schedules the workspace's deletion: read-only from now on, erased after the grace period. Asks for a recent sign-in. Honours If-Match")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        one.MapPost("/restore", DeleteWorkspace.RestoreAsync).RequireInWorkspace(Permissions.WorkspaceOwn).WithName("RestoreWorkspace")
            .WithSummary("Takes a scheduled deletion back, while the grace period lasts. Honours If-Match")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        one.MapPost("/transfer", TransferOwnership.HandleAsync).RequireInWorkspace(Permissions.WorkspaceOwn).RequireRecentSignIn().WithName("TransferWorkspace")
            .WithSummary("Hands the workspace over to a member: they become an owner, the caller an admin. Asks for a recent sign-in")
            .ProducesProblem(StatusCodes.Status409Conflict);

        var members = one.MapGroup("/members").WithTags("Members");
        members.MapGet("/", ListMembers.HandleAsync).RequireInWorkspace(Permissions.WorkspaceRead).WithName("ListMembers")
            .WithSummary("Who is in the workspace, in the order in which they joined");
        members.MapPatch("/{userId}", ChangeMember.HandleAsync).RequireInWorkspace(Permissions.MembersManage).WithName("ChangeMember")
            .WithSummary("Gives a member another role. Owners alone make and change owners; the last owner stays one")
            .ProducesProblem(StatusCodes.Status409Conflict);
        members.MapDelete("/{userId}", RemoveMember.HandleAsync).RequireInWorkspace(Permissions.MembersManage).WithName("RemoveMember")
            .WithSummary("Removes a member; with one's own id: leaves. The last owner can't go")
            .ProducesProblem(StatusCodes.Status409Conflict);

        var invitations = one.MapGroup("/invitations").WithTags("Invitations");
        invitations.MapGet("/", ListInvitations.HandleAsync).RequireInWorkspace(Permissions.WorkspaceRead).WithName("ListInvitations")
            .WithSummary("Invitations that nobody has answered yet, newest first");
        invitations.MapPost("/", CreateInvitation.HandleAsync).RequireInWorkspace(Permissions.MembersManage).WithName("CreateInvitation")
            .WithSummary("Invites somebody by mail. The link in it works once, for the account with that address")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status429TooManyRequests).WithIdempotency();
        invitations.MapDelete("/{invitationId}", ChangeInvitation.WithdrawAsync).RequireInWorkspace(Permissions.MembersManage).WithName("WithdrawInvitation")
            .WithSummary("Withdraws an invitation: its link ends at once");
        invitations.MapPost("/{invitationId}/resend", ChangeInvitation.ResendAsync).RequireInWorkspace(Permissions.MembersManage).WithName("ResendInvitation")
            .WithSummary("Sends an invitation again, with a new link and for another while; the link before ends")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status429TooManyRequests);

        var answers = api.MapGroup("/invitations").WithTags("Invitations").ProducesProblem(StatusCodes.Status410Gone);
        answers.MapPost("/preview", AnswerInvitation.PreviewAsync).AllowAnonymous().WithName("PreviewInvitation")
            .WithSummary("What an invitation is about: who invites whom into which workspace, as what");
        answers.MapPost("/accept", AnswerInvitation.AcceptAsync).RequireAuthorization(Permissions.Profile).WithName("AcceptInvitation")
            .WithSummary("Joins the workspace. Only for the account whose verified address was invited")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        answers.MapPost("/decline", AnswerInvitation.DeclineAsync).AllowAnonymous().WithName("DeclineInvitation")
            .WithSummary("Says no to an invitation: its link ends");
    }
}
