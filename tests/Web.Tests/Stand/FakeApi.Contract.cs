using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Checks every exchange with the web app against the OpenAPI documents, so that no test runs on an API that doesn't exist.</summary>
internal sealed partial class FakeApi
{
    private ApiDescription _description = null!;

    /// <summary>Where an exchange differs from the documents.</summary>
    public ConcurrentQueue<string> Differences { get; } = [];

    private async Task CheckContractAsync(HttpContext context, Func<Task> next)
    {
        var (request, response) = (context.Request, context.Response);
        if (!request.Path.StartsWithSegments("/api/v1", StringComparison.Ordinal))
        {
            await next();
            return;
        }

        request.EnableBuffering();
        var sent = await new StreamReader(request.Body, leaveOpen: true).ReadToEndAsync();
        request.Body.Position = 0;
        var original = response.Body;
        using var buffer = new MemoryStream();
        response.Body = buffer;
        try
        {
            await next();
        }
        finally
        {
            response.Body = original;
        }

        var call = $"{request.Method} {request.Path}{request.QueryString}";
        foreach (var difference in DifferencesOf(_description, context, sent, Encoding.UTF8.GetString(buffer.ToArray())).Distinct())
        {
            Differences.Enqueue($"{call} → {response.StatusCode}: {difference}");
        }

        buffer.Position = 0;
        await buffer.CopyToAsync(original, context.RequestAborted);
    }

    private static IEnumerable<string> DifferencesOf(ApiDescription description, HttpContext context, string sent, string answered)
    {
        var (request, response) = (context.Request, context.Response);
        if (description.Find(request.Method, request.Path) is not { } operation)
        {
            return ["There is no such operation."];
        }

        var mediaType = response.ContentType?.Split(';')[0];
        return
        [
            .. operation.CheckRequest(sent.Length == 0 ? null : sent, request.ContentType?.Split(';')[0]),
            .. IsOfEveryOperation(response.StatusCode)
                ? []
                : operation.CheckResponse(response.StatusCode, mediaType, answered, response.Headers.ContentDisposition.Count > 0 || mediaType?.StartsWith("image/", StringComparison.Ordinal) == true),
            .. mediaType == "application/problem+json" ? CheckProblem(response.StatusCode, answered) : [],
        ];
    }

    private static IEnumerable<string> CheckProblem(int status, string problem)
    {
        var type = (string?)JsonNode.Parse(problem)!["type"];
        return Contracts.Problems.All.Values.Any(known => known.Type == type && known.Status == status) ? [] : [$"There is no problem type {type} with status {status}."];
    }

    /// <summary>Limits and outages: responses of the gateway, and of a service that fails. The documents don't list them per operation.</summary>
    private static bool IsOfEveryOperation(int status) => status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError;
}
