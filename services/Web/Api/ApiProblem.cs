using System.Text.Json;

namespace LinkShort.Web.Api;

/// <summary>A failed API call: RFC 9457 problem details, or a substitute if there was no response.</summary>
/// <param name="Status">HTTP status; 503 if the API was unreachable.</param>
/// <param name="Slug">The last segment of the problem's <c>type</c>, such as <c>code-taken</c>; empty without one.</param>
/// <param name="Errors">Messages by camelCase field name; empty if the problem isn't about fields.</param>
/// <param name="RetryAfter">From the header <c>Retry-After</c>.</param>
public sealed record ApiProblem(
    int Status,
    string Slug,
    string? Title,
    string? Detail,
    IReadOnlyDictionary<string, string[]> Errors,
    TimeSpan? RetryAfter = null,
    string? TraceId = null)
{
    private static readonly Dictionary<string, string[]> NoErrors = [];

    public static ApiProblem Unreachable { get; } = new(StatusCodes.Status503ServiceUnavailable, "unavailable", null, null, NoErrors);

    public static ApiProblem SignedOut { get; } = new(StatusCodes.Status401Unauthorized, "unauthorized", null, null, NoErrors);

    public static ApiProblem NotFound { get; } = new(StatusCodes.Status404NotFound, "not-found", null, null, NoErrors);

    /// <summary>The owner or the operator ended the view of an account, or it expired.</summary>
    public static ApiProblem ViewingOver { get; } = new(StatusCodes.Status403Forbidden, "viewing-over", null, null, NoErrors);

    public static ApiProblem OfField(int status, string slug, string field, string message) =>
        new(status, slug, null, message, new Dictionary<string, string[]> { [field] = [message] });

    /// <summary>The session is no longer valid. A wrong password or code is a different 401.</summary>
    public bool IsSignedOut => Status == StatusCodes.Status401Unauthorized && Slug is ("" or "unauthorized" or "invalid-refresh-token");

    /// <summary>The access token is invalid or expired; the session may still be valid.</summary>
    public bool IsTokenRefused => Status == StatusCodes.Status401Unauthorized && Slug is ("" or "unauthorized");

    /// <summary>The role, or a scope that depends on it, is insufficient.</summary>
    public bool IsForbidden => Slug == "forbidden";

    /// <summary>The user has to confirm their identity on the page /app/confirm.</summary>
    public bool IsStepUp => Slug == "recent-sign-in-required";

    /// <summary>Only the account's own credentials count on that page: a workspace's single sign-on doesn't.</summary>
    public bool NeedsOwnCredentials =>
        IsStepUp && Members is { } members && members.TryGetProperty("credentials", out var which) && which.ValueKind == JsonValueKind.String && which.GetString() == "own";

    /// <summary>The workspace requires two-factor authentication.</summary>
    public bool WantsTwoFactors => Slug == "two-factor-enrollment-required";

    /// <summary>The workspace's plan doesn't allow it; <c>ReachedLimit</c> reads the details.</summary>
    public bool IsPlanLimit => Slug == "plan-limit-reached";

    /// <summary>Problems that <c>ProblemPage</c> answers with another page, whichever form was sent.</summary>
    public bool LeadsElsewhere => IsSignedOut || IsStepUp || WantsTwoFactors;

    /// <summary>Extension members, such as a challenge.</summary>
    public JsonElement? Members { get; init; }

    public IReadOnlyList<string> MessagesOf(string field) => Errors.TryGetValue(field, out var messages) ? messages : [];

    /// <summary>Reads the problem of a failed response. Bodies other than problem details still yield the status.</summary>
    public static async Task<ApiProblem> ReadAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var retryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        try
        {
            using var document = await JsonDocument.ParseAsync(
                await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            var root = document.RootElement;
            var type = Text(root, "type") ?? "";
            return new ApiProblem(
                (int)response.StatusCode,
                type[(type.LastIndexOf('/') + 1)..],
                Text(root, "title"),
                Text(root, "detail"),
                ErrorsOf(root),
                retryAfter,
                Text(root, "traceId"))
            { Members = root.Clone() };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new ApiProblem((int)response.StatusCode, "", null, null, NoErrors, retryAfter);
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static Dictionary<string, string[]> ErrorsOf(JsonElement root)
    {
        if (!root.TryGetProperty("errors", out var errors) || errors.ValueKind != JsonValueKind.Object)
        {
            return NoErrors;
        }

        return errors.EnumerateObject()
            .Where(field => field.Value.ValueKind == JsonValueKind.Array)
            .ToDictionary(
                field => field.Name,
                field => field.Value.EnumerateArray().Select(message => message.ToString()).ToArray(),
                StringComparer.OrdinalIgnoreCase);
    }
}

/// <summary>The result of an API call, or its problem.</summary>
public sealed class ApiResult<T>
    where T : class
{
    private ApiResult(T? value, ApiProblem? problem) => (Value, Problem) = (value, problem);

    public T? Value { get; }

    public ApiProblem? Problem { get; }

    public static implicit operator ApiResult<T>(T value) => new(value, null);

    public static implicit operator ApiResult<T>(ApiProblem problem) => new(null, problem);

    /// <returns>True with the value, or false with the problem; the other one is null.</returns>
    public bool Succeeded(
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out ApiProblem? problem)
    {
        (value, problem) = (Value, Problem);
        return problem is null;
    }
}

/// <summary>The result of a call without a response body.</summary>
public sealed record Done
{
    public static Done Instance { get; } = new();
}
