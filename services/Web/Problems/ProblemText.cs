using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Problems;

/// <summary>Words problems for users of a form, not for clients of the API.</summary>
public static class ProblemText
{
    /// <summary>Problem types with a text of their own, <c>problems.{slug}</c>.</summary>
    private static readonly string[] Slugs =
    [
        "invalid-credentials", "invalid-passkey", "invalid-code", "token-invalid", "email-not-verified", "email-taken", "code-taken", "workspace-deletion-scheduled",
        "two-factor-enrollment-required", "form-expired", "viewing-over",
    ];

    public static string Title(ApiProblem problem, Texts texts) => texts["problems.title." + problem.Status switch
    {
        400 or 422 => "invalid",
        402 => "plan",
        403 => "forbidden",
        404 => "notFound",
        405 => "method",
        409 => "conflict",
        412 => "modified",
        413 => "tooLarge",
        423 => "locked",
        429 => "rate",
        502 or 503 or 504 => "away",
        _ => "other",
    }];

    /// <summary>One or two sentences: what happened, and what to do.</summary>
    public static string Message(ApiProblem problem, Texts texts) => problem switch
    {
        // Deleting an account: the detail names the workspaces.
        { Slug: "last-owner", Members: { } members, Detail: { } detail } when members.TryGetProperty("workspaces", out _) => detail,
        { Slug: "last-owner" } => texts["problems.last-owner"],
        // Billing's own sentence: what was charged, and what to do.
        { Slug: "billing", Detail: { } detail } => detail,
        { Slug: { } slug } when Slugs.Contains(slug) => texts["problems." + slug],
        { Status: 400 or 422, Errors.Count: > 0 } => texts["problems.checkFields"],
        { Status: 402 } => problem.Detail ?? texts["problems.plan"],
        { Status: 404 } => texts["problems.not-found"],
        { Status: 412 } => texts["problems.modified"],
        { Status: 423 } => texts["problems.locked", ("wait", Wait(problem, texts, "waitMinutes"))],
        { Status: 429 } => texts["problems.rate", ("wait", Wait(problem, texts, "waitMoment"))],
        { Status: 502 or 503 or 504 } => texts["problems.away"],
        { Status: >= 500 } => problem.TraceId is { } trace ? texts["problems.internalTrace", ("trace", trace)] : texts["problems.internal"],
        _ => problem.Detail ?? problem.Title ?? texts["problems.other"],
    };

    private static string Wait(ApiProblem problem, Texts texts, string otherwise) => problem.RetryAfter switch
    {
        null => texts["problems." + otherwise],
        { TotalSeconds: <= 1 } => texts["problems.tryNow"],
        { TotalSeconds: < 90 } wait => texts["problems.trySeconds", ("n", (int)Math.Ceiling(wait.TotalSeconds))],
        { } wait => texts["problems.tryMinutes", ("n", (int)Math.Ceiling(wait.TotalMinutes))],
    };
}
