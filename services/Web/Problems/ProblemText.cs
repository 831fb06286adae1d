using LinkShort.Web.Api;

namespace LinkShort.Web.Problems;

/// <summary>Problems in the words of a person who filled in a form, not of a client that sent a request.</summary>
public static class ProblemText
{
    public static string Title(ApiProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.Status switch
        {
            400 or 422 => "That didn't work",
            402 => "Your plan's limit is reached",
            403 => "You may not do that",
            404 => "There is nothing here",
            405 => "That's not how this page works",
            409 => "That is taken",
            412 => "Somebody was faster",
            413 => "That's too much",
            423 => "This account is locked for a while",
            429 => "Too many requests",
            502 or 503 or 504 => "Back in a moment",
            _ => "Something broke on our side",
        };
    }

    /// <summary>One or two sentences: what happened, and what to do.</summary>
    public static string Message(ApiProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem switch
        {
            { Slug: "invalid-credentials" } => "E-mail or password is wrong. Check both, then try again.",
            { Slug: "invalid-passkey" } => "That passkey wasn't accepted: it is of no account here, or the question was too old. Try again, or go another way.",
            { Slug: "invalid-code" } => "This code is wrong or was used before. Wait for the next one, then try again.",
            { Slug: "token-invalid" } => "This link was used before, has expired, or a newer mail replaced it.",
            { Slug: "email-not-verified" } => "Confirm your e-mail address first: follow the link in the mail that we sent you, or ask for another one above.",
            { Slug: "email-taken" } => "There is an account with this e-mail already. Sign in instead?",
            { Slug: "code-taken" } => "This ending is taken. Try another one, or leave it empty and we pick one.",
            { Slug: "last-owner" } => problem.Detail is { } detail && detail.StartsWith("Others", StringComparison.Ordinal)
                ? detail
                : "A workspace needs an owner, and this is the last one. Make somebody else an owner first, or delete the workspace.",
            { Slug: "workspace-deletion-scheduled" } => "The workspace is going to be deleted, so nothing in it can be changed. An owner can take that back.",
            { Slug: "two-factor-enrollment-required" } => "This workspace asks for two factors. Add an authenticator app or a passkey under Security, sign in again with it, and come back.",
            { Slug: "form-expired" } => "This form was open for too long, or you signed in or out in another tab. Go back, reload the page and send it again.",
            { Status: 400 or 422, Errors.Count: > 0 } => "Please look at the marked fields.",
            { Status: 402 } => problem.Detail ?? "You have used up what your plan includes. A bigger plan lifts the limit.",
            { Status: 404 } => "The page or link doesn't exist, was deleted, or belongs to another workspace.",
            { Status: 412 } => "It was changed somewhere else while you edited it. Your changes are still below: compare, then save again.",
            { Status: 423 } => "There were too many wrong tries. " + Wait(problem, "Wait a few minutes, then try again."),
            { Status: 429 } => "You were quicker than the limit allows. " + Wait(problem, "Wait a moment, then try again."),
            { Status: 502 or 503 or 504 } => "A part of LinkShort isn't answering right now. Nothing was changed; please try again in a moment. Short links themselves keep working.",
            { Status: >= 500 } => "It was logged and isn't your fault. Please try again; if it stays, tell us" + (problem.TraceId is null ? "." : $" this number: {problem.TraceId}."),
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
