using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LinkShort.Identity.SignIn.Sessions;

public static class SessionsExtensions
{
    private const string EndsAccess = "Only ends access, and must be possible at once from any device.";

    public static void AddSessions(this IServiceCollection services)
    {
        services.AddSingleton<Revocations>();
        services.AddSingleton<RevocationTable>();
        // identity reads its own database; other services ask over HTTP.
        services.Replace(ServiceDescriptor.Singleton<IRevocationSource>(provider => provider.GetRequiredService<RevocationTable>()));
        services.AddSingleton<SessionTokens>();
        services.AddSingleton<SessionCreation>();
        services.AddSingleton<UserSessions>();
        // Used refresh tokens are kept until their expiry, so that a reuse is detected.
        services.AddHourlyCleanup(
            "Ended sessions",
            """
            -- every workspace: cleanup, nothing is read
            delete from refresh_tokens where expires_at < @now;
            delete from sessions s where s.expires_at < @now
                or (s.last_used_at < @now - interval '1 hour' and not exists (select from refresh_tokens t where t.session_id = s.id));
            delete from revocations where ends_at < @now;
            """,
            now => new { now });
    }

    /// <summary>The endpoints for signed-in users. Sign-in and refresh are anonymous, and mapped under <c>/auth</c>.</summary>
    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        var auth = api.MapGroup("/auth").RequireAuthorization(Permissions.Profile).WithTags("Auth")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        auth.MapPost("/switch", SwitchWorkspace.HandleAsync).WithName("SwitchWorkspace")
            .WithSummary("Switches the session to another of your workspaces and returns new tokens")
            .ProducesProblem(StatusCodes.Status404NotFound);
        auth.MapPost("/confirm", ConfirmIdentity.HandleAsync).WithName("ConfirmIdentity")
            .WithSummary("Confirms your identity for operations that require a recent sign-in, and returns new tokens")
            .ProducesProblem(StatusCodes.Status423Locked);

        var sessions = api.MapGroup("/me/sessions").RequireAuthorization(Permissions.AccountManage).WithTags("Sessions")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        sessions.MapGet("/", ListSessions.HandleAsync).WithName("ListSessions")
            .WithSummary("Lists your sessions, newest first");
        sessions.MapDelete("/", EndSessions.EndOthersAsync).WithoutStepUp(EndsAccess).WithName("EndSessions")
            .WithSummary("Ends all your other sessions; with all=true, this one too");
        sessions.MapDelete("/{id}", EndSessions.EndOneAsync).WithoutStepUp(EndsAccess).WithName("EndSession")
            .WithSummary("Ends a session. Its tokens are refused everywhere within a second")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
