using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using LinkShort.Gateway.Headers;
using LinkShort.Gateway.Routing;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>
/// Counts a call by its row's policy and refuses it with 429 above the limit. Counted by user, or by client address without a
/// valid token; attempts to sign in by account and address together.
/// </summary>
internal sealed class RateLimiter(
    RateLimitOptions options, SharedLimiter shared, LocalLimiter local, InternalKey key, RateLimitTelemetry telemetry)
{
    private readonly byte[] _key = Encoding.UTF8.GetBytes(key.Key);

    public RequestDelegate Enforce(LimitPolicy policy, RequestDelegate next)
    {
        var limit = options.For(policy);
        return limit is null ? next : context => InvokeAsync(context, policy, limit, next);
    }

    private async Task InvokeAsync(HttpContext context, LimitPolicy policy, Limit limit, RequestDelegate next)
    {
        // One page of web's is several calls, all of them reads.
        if (policy is LimitPolicy.ApiCall && context.Features.Get<FirstParty>() is not null
            && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method)))
        {
            await next(context);
            return;
        }

        var partition = await PartitionAsync(context, policy);
        Permit permit;
        if (await shared.AcquireAsync(limit, partition) is { } answer)
        {
            permit = answer;
        }
        else
        {
            permit = local.Acquire(limit, partition);
            telemetry.CountedLocally(limit);
        }

        permit.Write(context.Response.Headers, limit);
        if (permit.Granted)
        {
            await next(context);
            return;
        }

        telemetry.Refused(limit);
        await Problems.RateLimited.Result(
            $"The policy \"{limit.Name}\" allows {limit.Permits} requests in {limit.Window.TotalSeconds:0} seconds. Wait for Retry-After.",
            ("violated-policies", new[] { limit.Name })).ExecuteAsync(context);
    }

    private async ValueTask<string> PartitionAsync(HttpContext context, LimitPolicy policy)
    {
        if (policy is LimitPolicy.Auth)
        {
            var account = await AccountEmail.ReadAsync(context.Request, context.RequestAborted);
            return Name($"account {account}\n{Network(context.Connection.RemoteIpAddress)}");
        }

        return await UserAsync(context) is { } user
            ? Name($"user {user}")
            : Name($"address {Network(context.Connection.RemoteIpAddress)}");
    }

    /// <returns>Null without a token, with one that the service will refuse, and while nobody can tell because identity is away.</returns>
    private static async ValueTask<string?> UserAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization.Count == 0)
        {
            return null;
        }

        try
        {
            var result = await context.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
            return result.Principal?.FindFirst(Tokens.Claims.Subject)?.Value;
        }
        catch (DependencyUnavailableException)
        {
            return null;
        }
    }

    /// <summary>One household or host of IPv6 has 2^64 addresses: its /64 counts as one.</summary>
    private static string Network(IPAddress? address) => address switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetworkV6 } => new IPNetwork(Masked(address), 64).ToString(),
        _ => address.ToString(),
    };

    private static IPAddress Masked(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>Redis learns neither addresses nor e-mails: only a keyed hash of them.</summary>
    private string Name(string partition) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(partition)).AsSpan(0, 16));
}
