using System.Security.Cryptography;
using System.Text.Json;
using LinkShort.Localization;
using LinkShort.Web.Account;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;

namespace LinkShort.Web.Sso;

/// <summary>Redirects to a provider and back. The browser gets a URL and a cookie; state, codes and tokens stay between servers.</summary>
public static class SsoEndpoints
{
    /// <summary>Next to identity's own cookie of the same name.</summary>
    private const string Cookie = "linkshort-sso";

    private const int KeyLength = 43;

    private const string Connections = "/app/security/sign-in";

    public static void MapSso(this IEndpointRouteBuilder routes)
    {
        var sso = routes.MapGroup("/app/sso").AllowAnonymous();
        sso.MapGet("/", (string? email, string? returnUrl) => new RazorComponentResult<SsoPage>(new { Email = email, ReturnTo = returnUrl }));
        sso.MapGet("/start", StartAsync);
        sso.MapGet("/callback/{provider}", FinishAsync);
        routes.MapGet("/app/sso/again", AgainAsync).RequireAuthorization();

        var own = routes.MapGroup(Connections).RequireAuthorization();
        own.MapGet("/", ListAsync);
        own.MapPost("/{provider}/connect", ConnectAsync);
        own.MapPost("/{id:guid}/disconnect", DisconnectAsync);
        routes.MapWorkspaceSso();
    }

    /// <summary>By a provider's button, or by an email address whose domain a workspace has verified.</summary>
    public static async Task<IResult> StartAsync(
        string? provider, string? email, string? returnUrl, bool? fresh, HttpContext context, LinkShortApi api, Texts texts, CancellationToken cancellationToken)
    {
        var typed = email?.Trim();
        if (string.IsNullOrEmpty(provider) && string.IsNullOrEmpty(typed))
        {
            return Redirect.To("/app/sso" + Return(returnUrl));
        }

        var browserKey = KeyOf(context);
        var byProvider = !string.IsNullOrEmpty(provider);
        var started = await api.StartSsoAsync(
            byProvider ? provider : null, byProvider ? null : typed, browserKey, ReturnUrl.Checked(returnUrl), fresh == true, cancellationToken);
        if (!started.Succeeded(out var start, out var problem))
        {
            problem = problem is { Status: 404, Slug: "not-found" } && !byProvider
                ? ApiProblem.OfField(404, "not-found", "email", texts["sso.noOrganisation"])
                : problem;
            return byProvider
                ? Failed(problem)
                : new RazorComponentResult<SsoPage>(new { Email = typed, ReturnTo = returnUrl, Problem = problem }) { StatusCode = problem.Status };
        }

        HostCookie.Write(context, Cookie, browserKey, TimeSpan.FromSeconds(start.ExpiresIn));
        return Leave(context, start, wasForm: !byProvider);
    }

    /// <summary>The provider's authorization response (RFC 6749, 4.1.2; RFC 9207).</summary>
    public sealed record Callback(string Provider, string? Code, string? State, string? Error, string? Iss);

    /// <summary>The redirect URI of all providers.</summary>
    public static async Task<IResult> FinishAsync(
        [AsParameters] Callback callback, HttpContext context, LinkShortApi api, SignIns signIns, SealedNotes notes, Flash flash, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (provider, code, state, error, iss) = callback;
        if (HostCookie.Read(context, Cookie) is not { Length: KeyLength } browserKey || string.IsNullOrEmpty(state) || (string.IsNullOrEmpty(code) && string.IsNullOrEmpty(error)))
        {
            return Failed(new ApiProblem(StatusCodes.Status401Unauthorized, "sso-failed", null, null, new Dictionary<string, string[]>()), "state");
        }

        var hasError = !string.IsNullOrEmpty(error);
        var finished = await api.FinishSsoAsync(new SsoReturn(provider, state, hasError ? null : code, hasError ? error : null, iss, browserKey), cancellationToken);
        if (finished.Succeeded(out var result, out var problem))
        {
            if (result is { AccessToken: { } access, RefreshToken: { } refresh, ExpiresIn: { } seconds })
            {
                await signIns.StartAsync(context, new Tokens(access, refresh, seconds), null, cancellationToken);
                return Redirect.To(ReturnUrl.Checked(result.ReturnUrl));
            }

            flash.Say("sso.connected", ("provider", result.Linked));
            return Redirect.To(ReturnUrl.Checked(result.ReturnUrl ?? Connections));
        }

        var now = time.GetUtcNow();
        var returnUrl = problem.Members is { } members && members.TryGetProperty("returnUrl", out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        if (PendingSignIn.Of(problem, new AccountEndpoints.AccountForm { ReturnUrl = returnUrl }, "", now) is { } pending)
        {
            await PendingCookie.StartAsync(context, notes, pending, pending.EndsAt - now);
            return Redirect.To(SecondStep.Path);
        }

        return Failed(problem);
    }

    /// <summary>
    /// "Confirm that it's you" for users without a password: by the provider of the session's workspace, if it alone vouches for the user, or by
    /// the provider that was used last. One of the installation counts for the whole account.
    /// </summary>
    public static async Task<IResult> AgainAsync(string? returnUrl, LinkShortApi api, ActiveWorkspace active, CancellationToken cancellationToken)
    {
        if (active is { IsLimited: true, Id: { } workspace })
        {
            return Again(workspace.ToString());
        }

        if (!(await api.LinkedProvidersAsync(cancellationToken)).Succeeded(out var linked, out var problem))
        {
            return new ProblemPage(problem);
        }

        return linked.Items.OrderBy(each => Guid.TryParse(each.Provider, out _)).ThenByDescending(each => each.LastUsedAt).FirstOrDefault() is { } last
            ? Again(last.Provider)
            : Redirect.To(Connections);

        Redirect Again(string provider) => Redirect.To(
            $"/app/sso/start{QueryString.Create("provider", provider).Add("fresh", "true").Add("returnUrl", ReturnUrl.Checked(returnUrl))}");
    }

    public static async Task<Results<RazorComponentResult<ConnectionsPage>, ProblemPage>> ListAsync(LinkShortApi api, CancellationToken cancellationToken) =>
        await ShowAsync(null, api, cancellationToken);

    public static async Task<IResult> ConnectAsync(string provider, HttpContext context, LinkShortApi api, CancellationToken cancellationToken)
    {
        var browserKey = KeyOf(context);
        if (!(await api.LinkProviderAsync(provider, browserKey, Connections, cancellationToken)).Succeeded(out var start, out var problem))
        {
            return await ProblemOrPageAsync(problem, api, cancellationToken);
        }

        HostCookie.Write(context, Cookie, browserKey, TimeSpan.FromSeconds(start.ExpiresIn));
        return Leave(context, start, wasForm: true);
    }

    public static async Task<IResult> DisconnectAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        if ((await api.UnlinkProviderAsync(id, cancellationToken)).Problem is { } problem)
        {
            return await ProblemOrPageAsync(problem, api, cancellationToken);
        }

        flash.Say("sso.disconnected");
        return Redirect.To(Connections);
    }

    internal static string Return(string? returnUrl) => string.IsNullOrEmpty(returnUrl) ? "" : QueryString.Create("returnUrl", returnUrl).ToString();

    private static async Task<IResult> ProblemOrPageAsync(ApiProblem problem, LinkShortApi api, CancellationToken cancellationToken) =>
        problem.LeadsElsewhere || problem.Status >= 500 ? new ProblemPage(problem) : await ShowAsync(problem, api, cancellationToken);

    private static async Task<Results<RazorComponentResult<ConnectionsPage>, ProblemPage>> ShowAsync(ApiProblem? problem, LinkShortApi api, CancellationToken cancellationToken)
    {
        var linking = api.LinkedProvidersAsync(cancellationToken);
        var offering = api.SsoProvidersAsync(cancellationToken);
        if (!(await linking).Succeeded(out var linked, out var outage))
        {
            return new ProblemPage(outage);
        }

        return new RazorComponentResult<ConnectionsPage>(new { Linked = linked.Items, Offered = (await offering).Value?.Items ?? [], Problem = problem })
        {
            StatusCode = problem?.Status,
        };
    }

    private static IResult Leave(HttpContext context, SsoStart start, bool wasForm)
    {
        if (wasForm)
        {
            return Leaving.To(context, start.AuthorizationUrl);
        }

        context.Response.Headers.CacheControl = "no-store";
        // Not one of our URLs: the API created it from the provider's metadata.
        return TypedResults.Redirect(start.AuthorizationUrl);
    }

    private static RazorComponentResult<SsoFailedPage> Failed(ApiProblem problem, string? reason = null)
    {
        reason ??= problem.Members is { } members && members.TryGetProperty("reason", out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
        return new RazorComponentResult<SsoFailedPage>(new { Problem = problem, Reason = reason }) { StatusCode = problem.Status };
    }

    /// <summary>One value for all sign-ins that a browser starts concurrently, in several tabs.</summary>
    private static string KeyOf(HttpContext context) =>
        HostCookie.Read(context, Cookie) is { Length: KeyLength } known ? known : WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
}
