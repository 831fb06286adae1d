using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;

namespace LinkShort.Gateway.Headers;

/// <summary>
/// Settings <c>Cors__*</c>: the origins whose pages may call the API from a browser. None by default; clients other than browsers need none.
/// </summary>
internal sealed class OtherOriginsOptions : IValidatableObject
{
    public const string Section = "Cors";

    /// <summary>Origins, separated by commas or spaces: <c>https://app.example.com, https://tools.example.com:8443</c>.</summary>
    public string AllowedOrigins { get; set; } = "";

    public IReadOnlyList<string> Origins => AllowedOrigins.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Origins.Where(origin => !IsOrigin(origin)).Select(origin => new ValidationResult(
            $"'{origin}' is not an origin. Write scheme and host (and port) as browsers do, like https://app.example.com; each by name, not *.", [nameof(AllowedOrigins)]));

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && new Uri(text).GetLeftPart(UriPartial.Authority).Equals(text, StringComparison.OrdinalIgnoreCase) && !text.Contains('*', StringComparison.Ordinal);
}

internal static class OtherOrigins
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    private static readonly string[] RequestHeaders = ["Authorization", "X-Api-Key", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"];
    private static readonly string[] AnswerHeaders = ["ETag", "Location", "Retry-After", "RateLimit", "RateLimit-Policy", "Idempotency-Replayed", "Content-Disposition"];

    /// <summary>
    /// Answers preflight requests for the API and marks its responses for the configured origins. Never with credentials: cookies belong to
    /// the web app, which is not called from other origins.
    /// </summary>
    public static void UseOtherOrigins(this IApplicationBuilder app)
    {
        var origins = app.ApplicationServices.GetRequiredService<IOptions<OtherOriginsOptions>>().Value.Origins;
        if (origins.Count == 0)
        {
            return;
        }

        var policy = new CorsPolicyBuilder([.. origins.Select(origin => origin.ToLowerInvariant())])
            .WithMethods(Methods)
            .WithHeaders(RequestHeaders)
            .WithExposedHeaders(AnswerHeaders)
            .DisallowCredentials()
            .SetPreflightMaxAge(TimeSpan.FromMinutes(10))
            .Build();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/api/v1", StringComparison.OrdinalIgnoreCase), api => api.UseMiddleware<CorsMiddleware>(policy));
    }
}
