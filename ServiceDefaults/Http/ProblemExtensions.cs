using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LinkShort.Contracts;
using LinkShort.Localization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace LinkShort.ServiceDefaults.Http;

public static class ProblemExtensions
{
    internal static void AddProblems(this IServiceCollection services)
    {
        // The first writer that can write is used, so ours has to be registered before the framework's.
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails();
        services.AddExceptionHandler<ProblemExceptionHandler>();
        // Otherwise a malformed body is a 400 without body that names no field.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    /// <summary>
    /// Turns every failure into problem details. UseHttpDefaults includes it; the gateway, which maps its own OpenAPI document, calls it directly.
    /// </summary>
    public static void UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages(context => WriteBareStatusAsync(context.HttpContext));
        app.Use(RefuseNulInAddress);
        app.Use(RefuseUnknownCharset);
    }

    private static async Task WriteBareStatusAsync(HttpContext context) =>
        await context.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = context,
            ProblemDetails = Problems.ForStatus(context.Response.StatusCode).Details(),
        });

    /// <summary>Refuses %00 in a path or query, which would otherwise fail in the database as if it were a bug.</summary>
    private static Task RefuseNulInAddress(HttpContext context, RequestDelegate next)
    {
        var query = context.Request.QueryString.Value;
        var hasNul = context.Request.Path.Value?.Contains('\0', StringComparison.Ordinal) == true
            || query?.Contains("%00", StringComparison.Ordinal) == true;
        return hasNul
            ? Problems.BadRequest.Result(HttpTexts.Of("requests.nulInUrl")).ExecuteAsync(context)
            : next(context);
    }

    /// <summary>
    /// Refuses unknown charsets, for which the framework throws as if it were a bug. It reads JSON in any charset that .NET supports.
    /// </summary>
    private static Task RefuseUnknownCharset(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentType is { } contentType
            && contentType.Contains("charset", StringComparison.OrdinalIgnoreCase)
            && MediaTypeHeaderValue.TryParse(contentType, out var mediaType)
            && mediaType.Charset is { Length: > 0 } charset)
        {
            try
            {
                _ = Encoding.GetEncoding(HeaderUtilities.RemoveQuotes(charset).ToString());
            }
            catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
            {
                return Problems.UnsupportedMediaType.Result(HttpTexts.Of("requests.charset")).ExecuteAsync(context);
            }
        }

        return next(context);
    }
}

/// <summary>
/// Writes problem+json with the trace id for any Accept header (an API client's <c>*/*</c>, a browser's <c>text/html</c>), in the language that
/// the caller accepts.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        var http = context.HttpContext;
        var problem = context.ProblemDetails;
        var status = problem.Status ?? http.Response.StatusCode;
        var type = Problems.ForStatus(status);
        problem.Status = status;
        var language = Language.PreferredOf(http.Request.Headers.AcceptLanguage) ?? Language.English;
        (problem as ILocalizedProblem)?.Localize(language);
        // The framework sets links to RFCs; ours lead to pages with explanations.
        if (problem.Type is null || !problem.Type.StartsWith("/problems/", StringComparison.Ordinal))
        {
            problem.Type = type.Type;
            problem.Title = type.TitleIn(language);
        }

        problem.Extensions["traceId"] = RequestTrace.Of(http);
        http.Response.StatusCode = status;
        http.Response.Headers.ContentLanguage = language.Code;
        http.Response.Headers.AppendCommaSeparatedValues(HeaderNames.Vary, HeaderNames.AcceptLanguage);
        if (status is 503 && http.Response.Headers.RetryAfter.Count == 0)
        {
            http.Response.Headers.RetryAfter = "2";
        }

        await http.Response.WriteAsJsonAsync(problem, problem.GetType(), SerializerOptions, "application/problem+json", http.RequestAborted);
    }

    private static readonly JsonSerializerOptions SerializerOptions = new(JsonSerializerDefaults.Web);
}

/// <summary>
/// Turns exceptions of the framework and of dependencies into problems: invalid requests name the field, outages are 503, bugs 500.
/// </summary>
internal sealed partial class ProblemExceptionHandler(IProblemDetailsService problems, ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        ProblemDetails details = exception switch
        {
            BadHttpRequestException bad => Describe(bad),
            _ when Outages.IsOutage(exception) => Problems.Unavailable.Details(),
            _ => Problems.Internal.Details(),
        };
        if (details.Status >= 500)
        {
            Log.Failed(logger, exception, httpContext.Request.Method, httpContext.GetEndpoint()?.DisplayName ?? "no endpoint", details.Status.Value, RequestTrace.Of(httpContext));
        }

        httpContext.Response.StatusCode = details.Status ?? 500;
        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = details, Exception = exception });
    }

    private static ProblemDetails Describe(BadHttpRequestException exception)
    {
        if (exception.StatusCode != StatusCodes.Status400BadRequest)
        {
            return Problems.ForStatus(exception.StatusCode).Details();
        }

        if (exception.InnerException is JsonException json)
        {
            var errors = new ValidationErrors();
            foreach (var field in FieldsOf(json))
            {
                errors.Add(field, MessageOf(json, field));
            }

            return errors.ToDetails();
        }

        // "Required parameter "Request body" was not provided from body.": a caller doesn't know the handler's parameters.
        if (exception.Message.Contains("from body", StringComparison.Ordinal) || exception.Message.StartsWith("Implicit body", StringComparison.Ordinal))
        {
            return new ValidationErrors().Add("body", HttpTexts.Of("requests.bodyRequired")).ToDetails();
        }

        // "Failed to bind parameter "int limit" from "abc"." / "Required parameter "string code" was not provided from query string."
        if (ParameterName().Match(exception.Message) is { Success: true } match)
        {
            var missing = exception.Message.StartsWith("Required", StringComparison.Ordinal);
            // Of a group of parameters the message has the name of the property, but query parameters are in camelCase.
            return new ValidationErrors()
                .Add(JsonNamingPolicy.CamelCase.ConvertName(match.Groups["name"].Value), missing ? FieldRules.Required : HttpTexts.Of("requests.wrongType"))
                .ToDetails();
        }

        return exception.Message.Contains("body", StringComparison.OrdinalIgnoreCase)
            ? new ValidationErrors().Add("body", HttpTexts.Of("requests.bodyRequired")).ToDetails()
            : Problems.BadRequest.Details();
    }

    /// <summary><c>$.rules[0].url</c> → <c>rules[0].url</c>; for missing or unknown properties their own names, below that path.</summary>
    private static IEnumerable<string> FieldsOf(JsonException exception)
    {
        var path = exception.Path?.TrimStart('$').TrimStart('.') ?? "";
        if (MissingProperties().Match(exception.Message) is { Success: true } missing)
        {
            return missing.Groups["name"].Captures.Select(name => path.Length == 0 ? name.Value : $"{path}.{name.Value}");
        }

        if (UnknownProperty().Match(exception.Message) is { Success: true } unknown)
        {
            // The path ends in the property already, however odd its name: $['x y'].
            var name = unknown.Groups["name"].Value;
            var parent = path.EndsWith(name, StringComparison.Ordinal) ? path[..^name.Length] : path[..Math.Max(path.LastIndexOf("['", StringComparison.Ordinal), 0)];
            return [parent + name];
        }

        return [path.Length == 0 ? "body" : path];
    }

    private static LocalizedText MessageOf(JsonException exception, string field)
    {
        if (exception is LocalizedJsonException localized)
        {
            return localized.Rule;
        }

        if (UnknownProperty().IsMatch(exception.Message))
        {
            return HttpTexts.Of("requests.unknownField");
        }

        if (MissingProperties().IsMatch(exception.Message))
        {
            return FieldRules.Required;
        }

        if (exception.Message.Contains("Duplicate property", StringComparison.OrdinalIgnoreCase))
        {
            return HttpTexts.Of("requests.duplicateField");
        }

        // Other messages are the framework's and name .NET types, which a caller doesn't know.
        return JsonTexts.Find(exception.Message) ?? HttpTexts.Of(field == "body" ? "requests.invalidJson" : "requests.wrongType");
    }

    [GeneratedRegex("parameter \"(?:[^\"]* )?(?<name>[^\" ]+)\"")]
    private static partial Regex ParameterName();

    [GeneratedRegex("""The JSON property '(?<name>.+)' could not be mapped""", RegexOptions.Singleline)]
    private static partial Regex UnknownProperty();

    [GeneratedRegex("""missing required properties including: (?:'(?<name>[^']+)'(?:, |\.|;)?)+""")]
    private static partial Regex MissingProperties();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Method} {Endpoint} failed with {Status}, trace {TraceId}.")]
        public static partial void Failed(ILogger logger, Exception exception, string method, string endpoint, int status, string traceId);
    }
}
