using System.Text.Json;

namespace LinkShort.Web.Api;

/// <summary>What the API answered instead of success: RFC 9457 problem details, or their stand-in when no answer came.</summary>
/// <param name="Status">HTTP status; 503 when the API could not be reached in time.</param>
/// <param name="Slug">Last part of the problem's <c>type</c>, such as <c>code-taken</c>; empty when it has none.</param>
/// <param name="Errors">Messages by camelCase field name; empty when the problem isn't about fields.</param>
/// <param name="RetryAfter">How long to wait, from <c>Retry-After</c>.</param>
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

    public static ApiProblem ViewingOver { get; } = new(
        StatusCodes.Status403Forbidden, "viewing-over", null,
        "You are no longer viewing this account: its owner or you ended the view, or it expired. You are back in your own account.", NoErrors);

    public static ApiProblem OfField(int status, string slug, string field, string message) =>
        new(status, slug, null, message, new Dictionary<string, string[]> { [field] = [message] });

    /// <summary>The session is of no use any more. A wrong password or code is another kind of 401.</summary>
    public bool IsSignedOut => Status == StatusCodes.Status401Unauthorized && Slug is ("" or "unauthorized" or "invalid-refresh-token");

    /// <summary>The access token isn't good (any more); the session may well be.</summary>
    public bool IsTokenRefused => Status == StatusCodes.Status401Unauthorized && Slug is ("" or "unauthorized");

    /// <summary>The role (or the scope that comes with it) isn't enough.</summary>
    public bool IsForbidden => Slug == "forbidden";

    /// <summary>The person has to prove again who they are, on the page /app/confirm.</summary>
    public bool IsStepUp => Slug == "recent-sign-in-required";

    /// <summary>The workspace lets only people with two factors in.</summary>
    public bool WantsTwoFactors => Slug == "two-factor-enrollment-required";

    /// <summary>What <c>ProblemPage</c> answers with another page, whatever form it came from.</summary>
    public bool LeadsElsewhere => IsSignedOut || IsStepUp || WantsTwoFactors;

    /// <summary>Members beyond the standard ones, such as a challenge.</summary>
    public JsonElement? Members { get; init; }

    public IReadOnlyList<string> MessagesOf(string field) => Errors.TryGetValue(field, out var messages) ? messages : [];

    /// <summary>Reads a problem from an answer that wasn't a success. Anything that isn't problem details still yields its status.</summary>
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

/// <summary>Either what was asked for, or the problem that came instead.</summary>
public sealed class ApiResult<T>
    where T : class
{
    private ApiResult(T? value, ApiProblem? problem) => (Value, Problem) = (value, problem);

    public T? Value { get; }

    public ApiProblem? Problem { get; }

    public static implicit operator ApiResult<T>(T value) => new(value, null);

    public static implicit operator ApiResult<T>(ApiProblem problem) => new(null, problem);

    /// <returns>True with the value, false with the problem; the other one is null.</returns>
    public bool Succeeded(
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out ApiProblem? problem)
    {
        (value, problem) = (Value, Problem);
        return problem is null;
    }
}

/// <summary>The answer to a call that has nothing to say but that it worked.</summary>
public sealed record Done
{
    public static Done Instance { get; } = new();
}
