using System.Globalization;
using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>Step-up authentication, for actions that an unlocked screen alone must not allow.</summary>
public static class RecentSignIn
{
    public static readonly TimeSpan DefaultMaxAge = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Requires that the user authenticated (<c>auth_time</c>) within <paramref name="maxAge"/> (15 minutes); otherwise the response is 403
    /// <c>recent-sign-in-required</c>. <c>POST /auth/confirm</c> renews it. API keys are always refused. Where the endpoint's permission needs
    /// the account's own credentials, their time counts (<c>own_auth_time</c>). Call it after <c>RequireAuthorization(…)</c>.
    /// </summary>
    public static TBuilder RequireRecentSignIn<TBuilder>(this TBuilder endpoint, TimeSpan? maxAge = null) where TBuilder : IEndpointConventionBuilder
    {
        var age = maxAge ?? DefaultMaxAge;
        endpoint.WithMetadata(new Requirement(age));
        return endpoint.AddEndpointFilter<TBuilder, Filter>();
    }

    /// <summary>For handlers that require it only in some cases.</summary>
    public static bool IsRecent(HttpContext context, TimeSpan? maxAge = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        return context.User.FindFirstValue(Tokens.Claims.Session) is not null
            && (NeedsOwnCredentials(context) ? OwnCredentials.ProvedAt(context.User) : AuthenticatedAt(context.User)) is { } seconds
            && now.ToUnixTimeSeconds() - seconds <= (maxAge ?? DefaultMaxAge).TotalSeconds;
    }

    private static long? AuthenticatedAt(ClaimsPrincipal user) =>
        long.TryParse(user.FindFirstValue(Tokens.Claims.AuthenticatedAt), CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    private static bool NeedsOwnCredentials(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>().Any(data => Permissions.NeedOwnCredentials.Contains(data.Policy ?? "")) == true;

    /// <summary>Endpoint metadata.</summary>
    public sealed record Requirement(TimeSpan MaxAge);

    private sealed class Filter : IEndpointFilter
    {
        public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            var http = context.HttpContext;
            return IsRecent(http, http.GetEndpoint()?.Metadata.GetMetadata<Requirement>()?.MaxAge)
                ? next(context)
                : new(Problems.RecentSignInRequired.Result());
        }
    }
}
