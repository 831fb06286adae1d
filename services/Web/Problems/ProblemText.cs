using LinkShort.Web.Api;

namespace LinkShort.Web.Problems;

/// <summary>Words problems for users of a form, not for clients of the API.</summary>
public static class ProblemText
{
    public static string Title(ApiProblem problem)
    {
        return problem.Status switch
        {
            400 or 422 => "That didn't work",
            402 => "Plan limit reached",
            403 => "You don't have permission",
            404 => "Page not found",
            405 => "That request isn't supported",
            409 => "Conflict",
            412 => "Modified by someone else",
            413 => "Too large",
            423 => "Account temporarily locked",
            429 => "Too many requests",
            502 or 503 or 504 => "Back in a moment",
            _ => "Something went wrong",
        };
    }

    /// <summary>One or two sentences: what happened, and what to do.</summary>
    public static string Message(ApiProblem problem)
    {
        return problem switch
        {
            { Slug: "invalid-credentials" } => "Wrong email or password. Check both, then try again.",
            { Slug: "invalid-passkey" } => "That passkey wasn't accepted: it isn't registered here, or the request expired. Try again, or sign in another way.",
            { Slug: "invalid-code" } => "This code is wrong or was already used. Wait for the next one, then try again.",
            { Slug: "token-invalid" } => "This link was already used, has expired, or was replaced by a newer email.",
            { Slug: "email-not-verified" } => "Confirm your email address first: follow the link in the email we sent you, or request a new one above.",
            { Slug: "email-taken" } => "An account with this email address already exists. Sign in instead?",
            { Slug: "code-taken" } => "This short link is already taken. Try another one, or leave it empty to generate one.",
            { Slug: "last-owner" } => problem.Detail is { } detail && detail.StartsWith("Others", StringComparison.Ordinal)
                ? detail
                : "A workspace must have an owner, and this is the last one. Make someone else an owner first, or delete the workspace.",
            { Slug: "workspace-deletion-scheduled" } => "The workspace is scheduled for deletion, so it is read-only. An owner can restore it.",
            { Slug: "two-factor-enrollment-required" } => "This workspace requires two-factor authentication. Add an authenticator app or a passkey under Security, sign in again with it, and come back.",
            { Slug: "form-expired" } => "This form was open for too long, or you signed in or out in another tab. Go back, reload the page and submit the form again.",
            { Status: 400 or 422, Errors.Count: > 0 } => "Please check the marked fields.",
            { Status: 402 } => problem.Detail ?? "You have reached your plan's limit. A higher plan raises it.",
            { Status: 404 } => "The page or link doesn't exist, was deleted, or belongs to another workspace.",
            { Status: 412 } => "It was changed while you were editing it. Your changes are still below: compare them, then save again.",
            { Status: 423 } => "Too many failed attempts. " + Wait(problem, "Wait a few minutes, then try again."),
            { Status: 429 } => "You have reached the rate limit. " + Wait(problem, "Wait a moment, then try again."),
            { Status: 502 or 503 or 504 } => "Part of LinkShort isn't responding right now. Nothing was changed; please try again in a moment. Short links keep working.",
            { Status: >= 500 } => "The error was logged. Please try again. If the problem persists, contact us" + (problem.TraceId is null ? "." : $" and quote this number: {problem.TraceId}."),
            _ => problem.Detail ?? problem.Title ?? "The request was not accepted.",
        };
    }

    private static string Wait(ApiProblem problem, string otherwise) => problem.RetryAfter switch
    {
        null => otherwise,
        { TotalSeconds: <= 1 } => "Try again now.",
        { TotalSeconds: < 90 } wait => $"Try again in {Math.Ceiling(wait.TotalSeconds):0} seconds.",
        { } wait => $"Try again in {Math.Ceiling(wait.TotalMinutes):0} minutes.",
    };
}
