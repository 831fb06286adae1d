using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using LinkShort.Gateway.Headers;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>
/// Counts a call by its route's policy and refuses it with 429 above the limit. Counted by user, or by client address without a
/// valid token; attempts to sign in by account (or secret) and address, see <see cref="AttemptSubject"/>.
/// </summary>
internal sealed class RateLimiter(
    RateLimitOptions options, SharedLimiter shared, LocalLimiter local, InternalKey key, ApiCallCounter calls, RateLimitTelemetry telemetry)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key.Key);

    public RequestDelegate Enforce(LimitPolicy policy, RequestDelegate next)
    {
        var limit = options.For(policy);
        return limit is null ? next : context => InvokeAsync(context, policy, limit, next);
    }

    /// <summary>
    /// Counts an API key that identity has to be asked about, by client address. A valid key's permit is given back
    /// (<see cref="KeyLookup.ReturnAsync"/>), so that only guesses use permits up.
    /// </summary>
    public async ValueTask<KeyLookup> BeginKeyLookupAsync(IPAddress? address)
    {
        var (limit, partition, request) = (options.InvalidKeys, Name($"keys {Network(address)}"), Guid.CreateVersion7());
        if (await shared.AcquireAsync(limit, partition, request) is { } permit)
        {
            return new KeyLookup(permit, () => shared.ReturnAsync(limit, partition, request));
        }

        telemetry.CountedLocally(limit);
        return new KeyLookup(local.Acquire(limit, partition), () =>
        {
            local.Return(limit, partition);
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>429 for a key that identity was not asked about.</summary>
    public Task RefuseKeyAsync(HttpContext context, Permit permit) => RefuseAsync(context, options.InvalidKeys, permit);

    private async Task InvokeAsync(HttpContext context, LimitPolicy policy, Limit limit, RequestDelegate next)
    {
        // A page of the web app makes several calls, all of them reads. They have permits of their own and are none of the workspace's calls.
        var isPageRead = policy is LimitPolicy.ApiCall && context.Features.Get<FirstParty>() is not null
            && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method));
        limit = isPageRead ? options.FirstParty : limit;
        var user = policy is LimitPolicy.Auth ? null : await UserAsync(context);
        var (partition, namesSecret) = await PartitionAsync(context, policy, user);
        limit = policy is LimitPolicy.Confirm || user is null ? limit : limit.Times(FactorOf(user));
        if (namesSecret && await AcquireAsync(options.Attempts, Name($"address {Network(context.Connection.RemoteIpAddress)}")) is { Granted: false } tooMany)
        {
            await RefuseAsync(context, options.Attempts, tooMany);
            return;
        }

        var permit = await AcquireAsync(limit, partition);
        if (!permit.Granted)
        {
            await RefuseAsync(context, limit, permit);
            return;
        }

        if (user is not null && !isPageRead)
        {
            calls.Count(user);
        }

        permit.Write(context.Response.Headers, limit);
        await next(context);
    }

    private async ValueTask<Permit> AcquireAsync(Limit limit, string partition)
    {
        if (await shared.AcquireAsync(limit, partition, Guid.CreateVersion7()) is { } permit)
        {
            return permit;
        }

        telemetry.CountedLocally(limit);
        return local.Acquire(limit, partition);
    }

    private Task RefuseAsync(HttpContext context, Limit limit, Permit permit)
    {
        permit.Write(context.Response.Headers, limit);
        telemetry.Refused(limit);
        return Problems.RateLimited.Result(
            GatewayTexts.Of("gateway.limit", ("policy", limit.Name), ("permits", limit.Permits), ("seconds", (long)limit.Window.TotalSeconds)),
            ("violated-policies", new[] { limit.Name })).ExecuteAsync(context);
    }

    /// <param name="user">From a valid token; null without one.</param>
    /// <returns>The subject that the call counts for, and whether it is a secret that the caller may have made up.</returns>
    private async ValueTask<(string Name, bool NamesSecret)> PartitionAsync(HttpContext context, LimitPolicy policy, ClaimsPrincipal? user)
    {
        var network = Network(context.Connection.RemoteIpAddress);
        if (policy is LimitPolicy.Auth)
        {
            var subject = await AttemptSubject.ReadAsync(context.Request, context.RequestAborted);
            return subject is { Email: null, Secret: { } secret }
                ? (Name($"secret {secret}\n{network}"), true)
                : (Name($"account {subject.Email}\n{network}"), false);
        }

        var id = user?.FindFirst(Tokens.Claims.Subject)?.Value;
        if (policy is LimitPolicy.Confirm)
        {
            return (Name($"confirming {id}\n{network}"), false);
        }

        return (id is null ? Name($"address {network}") : Name($"user {id}"), false);
    }

    /// <returns>Null without a token, with one that the service will refuse, and while identity is too unavailable to check it.</returns>
    private static async ValueTask<ClaimsPrincipal?> UserAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0)
        {
            return null;
        }

        try
        {
            var result = await context.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
            return result.Principal;
        }
        catch (DependencyUnavailableException)
        {
            return null;
        }
    }

    /// <summary>From a validated token: identity states it by the plan of the token's workspace.</summary>
    private static int FactorOf(ClaimsPrincipal user) =>
        int.TryParse(user.FindFirst(Tokens.Claims.ApiLimitFactor)?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var factor) ? factor : 1;

    /// <summary>An IPv6 household or host has 2^64 addresses, so its /64 counts as one.</summary>
    private static string Network(IPAddress? address) => address switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6 } => NetworkPrefix.Fine(address),
        _ => address.ToString(),
    };

    /// <summary>Redis stores no addresses or email addresses, only their keyed hashes.</summary>
    private string Name(string partition) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(partition)).AsSpan(0, 16));
}

/// <param name="Permit">Whether identity may be asked.</param>
/// <param name="ReturnAsync">Gives the permit back.</param>
internal readonly record struct KeyLookup(Permit Permit, Func<ValueTask> ReturnAsync);
