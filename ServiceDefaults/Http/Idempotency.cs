using System.Security.Cryptography;
using System.Text;
using LinkShort.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.OpenApi;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>
/// <c>Idempotency-Key</c> on POST: the first response is stored for 24 hours and returned to repeated requests, marked
/// <c>Idempotency-Replayed: true</c>. After draft-ietf-httpapi-idempotency-key-header-07, with Stripe's rule that a request refused before
/// execution (400, 401, 403, 413, 415, 429) leaves the key free for the corrected one.
/// </summary>
public static class IdempotencyExtensions
{
    /// <summary>
    /// Honours <c>Idempotency-Key</c> (1 to 255 visible ASCII characters) of signed-in callers. Keys of different callers, workspaces
    /// and routes are different keys.
    /// </summary>
    /// <param name="secretAnswer">The response contains a secret, and is stored encrypted by the service's Data Protection.</param>
    /// <remarks>A handler that uses the id of <see cref="IdempotentOperation.Of"/> for what it creates is idempotent even across a crash.</remarks>
    public static TBuilder WithIdempotency<TBuilder>(this TBuilder endpoints, bool secretAnswer = false) where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.Add(endpoint =>
        {
            // Wraps the whole handler instead of being a filter: the body has to be hashed before it is bound.
            var next = endpoint.RequestDelegate ?? throw new InvalidOperationException($"{endpoint.DisplayName} has no handler.");
            var route = (endpoint as RouteEndpointBuilder)?.RoutePattern.RawText ?? endpoint.DisplayName ?? "";
            endpoint.RequestDelegate = context => IdempotentRequest.InvokeAsync(context, route, secretAnswer, next);
        });
        endpoints.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = IdempotentRequest.KeyHeader,
                In = ParameterLocation.Header,
                Description = "Repeating a request with the same key within 24 hours returns the first response instead of executing it again.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = IdempotentRequest.MaxKeyLength },
            });
            return Task.CompletedTask;
        });
        return endpoints;
    }
}

/// <summary>An operation that is executed once, even if the caller repeats the request.</summary>
/// <param name="Id">A UUIDv7 that is the same in all attempts: use it as the id of what the handler creates.</param>
/// <param name="Resumed">The outcome of an earlier attempt is unknown: what it was to create may exist.</param>
public sealed record IdempotentOperation(Guid Id, bool Resumed)
{
    /// <returns>Null for a request without an <c>Idempotency-Key</c>.</returns>
    public static IdempotentOperation? Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<IdempotentOperation>();
    }
}

internal static partial class IdempotentRequest
{
    public const string KeyHeader = "Idempotency-Key";
    public const string ReplayedHeader = "Idempotency-Replayed";
    public const int MaxKeyLength = 255;

    private static readonly string[] StoredHeaders = ["Content-Type", "Content-Language", "Vary", "Location", "ETag", "Cache-Control"];

    public static async Task InvokeAsync(HttpContext context, string route, bool secretAnswer, RequestDelegate next)
    {
        var header = context.Request.Headers[KeyHeader];
        if (header.Count == 0)
        {
            await next(context);
            return;
        }

        if (header is not [{ } key] || !IsValid(key))
        {
            await ValidationErrors.Of(KeyHeader, HttpTexts.Of("requests.idempotencyKey", ("max", MaxKeyLength))).ExecuteAsync(context);
            return;
        }

        // Anonymous callers get no keys: they could read each other's responses by guessing one.
        if (context.User.Identity?.IsAuthenticated != true)
        {
            await next(context);
            return;
        }

        var store = context.RequestServices.GetRequiredService<IIdempotencyStore>();
        var name = new IdempotencyKey(
            context.User.RequiredId(Tokens.Claims.Workspace), context.User.RequiredId(Tokens.Claims.Subject), $"{context.Request.Method} {route}", key);
        switch (await store.ClaimAsync(name, await HashAsync(context, store.HashKey), context.RequestAborted))
        {
            case IdempotencyClaim.Mismatch:
                await Problems.IdempotencyMismatch.Result().ExecuteAsync(context);
                break;
            case IdempotencyClaim.InProgress:
                context.Response.Headers.RetryAfter = "1";
                await Problems.RequestInProgress.Result().ExecuteAsync(context);
                break;
            case IdempotencyClaim.Answered(var answer):
                await ReplayAsync(context, secretAnswer, answer);
                break;
            case IdempotencyClaim.Won won:
                await RunAsync(context, name, won, secretAnswer, store, next);
                break;
        }
    }

    private static async Task RunAsync(
        HttpContext context, IdempotencyKey name, IdempotencyClaim.Won claim, bool secretAnswer, IIdempotencyStore store, RequestDelegate next)
    {
        context.Features.Set(claim.Operation);
        var response = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var buffer = new MemoryStream();
        var capture = new StreamResponseBodyFeature(buffer, response);
        context.Features.Set<IHttpResponseBodyFeature>(capture);
        try
        {
            await next(context);
            await capture.CompleteAsync();
        }
        catch (BadHttpRequestException)
        {
            // The body could not be bound, so nothing was executed.
            await SettleAsync(context, () => store.ForgetAsync(name, claim));
            throw;
        }
        catch
        {
            // Whether a change was made is unknown (a commit can succeed and its confirmation get lost): the key keeps the
            // operation's id, and the same request can be retried at once.
            await SettleAsync(context, () => store.UnlockAsync(name, claim));
            throw;
        }
        finally
        {
            context.Features.Set(response);
        }

        var status = context.Response.StatusCode;
        await SettleAsync(context, () => status switch
        {
            400 or 401 or 403 or 413 or 415 or 429 => store.ForgetAsync(name, claim),
            >= 500 => store.UnlockAsync(name, claim),
            _ => store.AnswerAsync(name, claim, new IdempotencyAnswer(
                status, HeadersOf(context.Response), secretAnswer ? Protector(context).Protect(buffer.ToArray()) : buffer.ToArray())),
        });
        if (buffer.Length > 0)
        {
            context.Response.ContentLength = buffer.Length;
            await context.Response.Body.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), context.RequestAborted);
        }
    }

    /// <summary>A failure doesn't change the response: if the database is unavailable, the lock expires.</summary>
    private static async Task SettleAsync(HttpContext context, Func<Task> settle)
    {
        try
        {
            await settle();
        }
        catch (Exception exception) when (Outages.IsOutage(exception) || exception is OperationCanceledException)
        {
            Log.NotSettled(context.RequestServices.GetRequiredService<ILogger<IIdempotencyStore>>(), exception, IdempotencyKey.LockTime);
        }
    }

    private static async Task ReplayAsync(HttpContext context, bool secretAnswer, IdempotencyAnswer answer)
    {
        byte[] body;
        try
        {
            body = secretAnswer ? Protector(context).Unprotect(answer.Body) : answer.Body;
        }
        catch (CryptographicException)
        {
            await Problems.Conflict.Result(HttpTexts.Of("requests.unreadableReplay")).ExecuteAsync(context);
            return;
        }

        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        context.Response.Headers[ReplayedHeader] = "true";
        if (body.Length > 0)
        {
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }

    private static IDataProtector Protector(HttpContext context) =>
        context.RequestServices.GetRequiredService<IDataProtectionProvider>().CreateProtector("LinkShort.Idempotency.v1");

    private static Dictionary<string, string> HeadersOf(HttpResponse response) =>
        StoredHeaders.Where(response.Headers.ContainsKey).ToDictionary(name => name, name => response.Headers[name].ToString(), StringComparer.Ordinal);

    private static bool IsValid(string key) =>
        key.Length is > 0 and <= MaxKeyLength && !key.AsSpan().ContainsAnyExceptInRange(' ', '~');

    /// <summary>HMAC-SHA-256 of URL and body: the same key for another link's URL is a different request.</summary>
    private static async Task<byte[]> HashAsync(HttpContext context, byte[] hashKey)
    {
        var request = context.Request;
        request.EnableBuffering();
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, hashKey);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Path}{request.QueryString}\n"));
        var chunk = new byte[8192];
        for (int read; (read = await request.Body.ReadAsync(chunk, context.RequestAborted)) > 0;)
        {
            hash.AppendData(chunk, 0, read);
        }

        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning, "The outcome of a request with an Idempotency-Key could not be stored; the request can be retried in {LockTime}.")]
        public static partial void NotSettled(ILogger logger, Exception exception, TimeSpan lockTime);
    }
}
