using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.Identity.Workspaces.Invitations;
using LinkShort.Identity.Workspaces.Members;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.Workspaces;

/// <summary>Workspaces, members and invitations.</summary>
public static class WorkspacesExtensions
{
    private static readonly TimeSpan ExpiredInvitationRetention = TimeSpan.FromDays(30);

    public static void AddWorkspaces(this IServiceCollection services)
    {
        services.AddScoped<WorkspaceAccess>();
        services.AddSingleton<WorkspaceNotices>();
        services.AddSingleton<WorkspaceErasure>();
        services.AddHostedService<WorkspaceErasureJob>();
        services.AddSingleton<MemberChanges>();
        services.AddSingleton<InvitationMails>();
        services.AddSingleton<OpenInvitations>();
        // Invitations that were never answered, and emails that no limit counts any more.
        services.AddHourlyCleanup(
            "Expired invitations",
            """
            -- every workspace: cleanup, nothing is read
            delete from invitations where expires_at < @Expired;
            delete from invitation_mails where sent_at < @DayAgo;
            """,
            now => new { Expired = now - ExpiredInvitationRetention, DayAgo = now.AddDays(-1) });
    }

    public static void MapWorkspaces(this IEndpointRouteBuilder api)
    {
        var workspaces = api.MapGroup("/workspaces").WithTags("Workspaces")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        workspaces.MapGet("/", ListWorkspaces.HandleAsync).RequireAuthorization(Permissions.Profile).WithName("ListWorkspaces")
            .WithSummary("Lists the workspaces that you are a member of");
        workspaces.MapPost("/", CreateWorkspace.HandleAsync).RequireAuthorization(Permissions.WorkspaceCreate)
            .WithoutStepUp("Changes nothing that exists.").WithName("CreateWorkspace")
            .WithSummary("Creates a workspace that you own")
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity).WithIdempotency();

        var one = workspaces.MapGroup("/{id}").ProducesProblem(StatusCodes.Status404NotFound);
        one.MapGet("/", GetWorkspace.HandleAsync).RequireInWorkspace(Permissions.WorkspaceRead).WithName("GetWorkspace")
            .WithSummary("Returns a workspace. The ETag is its version")
            .Produces(StatusCodes.Status304NotModified);
        one.MapPatch("/", ChangeWorkspace.HandleAsync).RequireInWorkspace(Permissions.WorkspaceChange).WithName("ChangeWorkspace")
            .WithSummary("Changes the workspace's name or settings. Honours If-Match")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        one.MapDelete("/", DeleteWorkspace.ScheduleAsync).RequireInWorkspace(Permissions.WorkspaceOwn).RequireRecentSignIn().WithName("DeleteWorkspace")
            .WithSummary("Schedules the workspace for deletion. It is read-only from now on, and deleted after the grace period. A personal workspace is deleted with its account only. Requires a recent sign-in. Honours If-Match")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        one.MapPost("/restore", DeleteWorkspace.RestoreAsync).RequireInWorkspace(Permissions.WorkspaceOwn).WithName("RestoreWorkspace")
            .WithSummary("Cancels a scheduled deletion during the grace period. Honours If-Match")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        one.MapPost("/transfer", TransferOwnership.HandleAsync).RequireInWorkspace(Permissions.WorkspaceOwn).RequireRecentSignIn().WithName("TransferWorkspace")
            .WithSummary("Transfers ownership to a member, who becomes an owner; you become an admin. Requires a recent sign-in")
            .ProducesProblem(StatusCodes.Status409Conflict);
        MapMembers(one);
        MapAnswers(api);
    }

    /// <param name="one">The group of a workspace.</param>
    private static void MapMembers(RouteGroupBuilder one)
    {
        var members = one.MapGroup("/members").WithTags("Members");
        members.MapGet("/", ListMembers.HandleAsync).RequireInWorkspace(Permissions.WorkspaceRead).WithName("ListMembers")
            .WithSummary("Lists the workspace's members in the order they joined");
        members.MapPatch("/{userId}", ChangeMember.HandleAsync).RequireInWorkspace(Permissions.MembersManage).WithName("ChangeMember")
            .WithSummary("Changes a member's role. Only owners can add or change owners; the last owner stays an owner")
            .ProducesProblem(StatusCodes.Status409Conflict);
        members.MapDelete("/{userId}", RemoveMember.HandleAsync).RequireInWorkspace(Permissions.MembersManage).WithName("RemoveMember")
            .WithSummary("Removes a member, or leaves the workspace if the id is your own. The last owner can't leave")
            .ProducesProblem(StatusCodes.Status409Conflict);

        var invitations = one.MapGroup("/invitations").WithTags("Invitations");
        invitations.MapGet("/", ListInvitations.HandleAsync).RequireInWorkspace(Permissions.WorkspaceRead).WithName("ListInvitations")
            .WithSummary("Lists open invitations, newest first");
        invitations.MapPost("/", CreateInvitation.HandleAsync).RequireInWorkspace(Permissions.MembersManage).WithName("CreateInvitation")
            .WithSummary("Invites someone by email. The link works once, for the account with that email address")
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status429TooManyRequests).WithIdempotency();
        invitations.MapDelete("/{invitationId}", ChangeInvitation.WithdrawAsync).RequireInWorkspace(Permissions.MembersManage).WithName("WithdrawInvitation")
            .WithSummary("Withdraws an invitation. Its link stops working immediately");
        invitations.MapPost("/{invitationId}/resend", ChangeInvitation.ResendAsync).RequireInWorkspace(Permissions.MembersManage).WithName("ResendInvitation")
            .WithSummary("Resends an invitation with a new link and a new expiry. The previous link stops working")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status429TooManyRequests);
    }

    private static void MapAnswers(IEndpointRouteBuilder api)
    {
        var answers = api.MapGroup("/invitations").WithTags("Invitations").ProducesProblem(StatusCodes.Status410Gone);
        answers.MapPost("/preview", AnswerInvitation.PreviewAsync).AllowAnonymous().WithName("PreviewInvitation")
            .WithSummary("Returns an invitation's details: who sent it, to whom, for which workspace and in which role");
        answers.MapPost("/accept", AnswerInvitation.AcceptAsync).RequireAuthorization(Permissions.AccountManage)
            .WithoutStepUp("Adds a membership, for which the emailed token is the proof.").WithName("AcceptInvitation")
            .WithSummary("Accepts an invitation and joins the workspace. Only for the account whose email address was invited; the token verifies it")
            .ProducesProblem(StatusCodes.Status402PaymentRequired)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        answers.MapPost("/decline", AnswerInvitation.DeclineAsync).AllowAnonymous().WithName("DeclineInvitation")
            .WithSummary("Declines an invitation. Its link stops working");
    }
}
