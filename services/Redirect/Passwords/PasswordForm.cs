using System.Globalization;
using System.Text.Encodings.Web;
using LinkShort.Redirect.Answers;
using LinkShort.Redirect.Rules;

namespace LinkShort.Redirect.Passwords;

/// <summary>The page that asks for a link's password. Works without JavaScript and, asking each time, without cookies.</summary>
public static class PasswordForm
{
    public const string PasswordField = "password";
    public const string TokenField = "token";

    /// <summary>Where the visitor came from: after the form, the browser would name the form.</summary>
    public const string ReferrerField = "from";

    /// <param name="status">200 for a first visit, 403 after an attempt.</param>
    /// <param name="token">From <see cref="PasswordKeys.TokenFor"/>.</param>
    /// <param name="problem">What was wrong with the attempt; null on a first visit.</param>
    public static Task WriteAsync(HttpContext context, int status, string token, Visit visit, Plan plan, string? problem = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        var html = HtmlEncoder.Default;
        var message = problem is null ? "" : $"""<p class="error" id="problem" role="alert">{html.Encode(problem)}</p>""";
        var described = problem is null ? "" : """ aria-invalid="true" aria-describedby="problem" """;
        var main = string.Create(CultureInfo.InvariantCulture, $"""
            <h1>This link is protected</h1><p>Enter the password you received with it.</p>{message}
            <form method="post">
            <label for="password">Password</label>
            <input id="password" name="{PasswordField}" type="password" required autofocus autocomplete="off" maxlength="128"{described}>
            <input name="{TokenField}" type="hidden" value="{token}">
            <input name="{ReferrerField}" type="hidden" value="{html.Encode(visit.Referrer ?? "")}">
            <button>Continue</button>
            </form>
            """);
        // A policy stricter than this and the browser would not say with the form where it comes from.
        context.Response.Headers["Referrer-Policy"] = "same-origin";
        return Pages.WriteAsync(context, status, Pages.Document("Password required", main, Pages.NoIndexElement), FormTargets(visit, plan));
    }

    /// <summary>
    /// Browsers hold form-action against the redirects that follow a form, too: with <c>'self'</c> alone Chromium would refuse to go on to
    /// the destination. To name the destination's host would reveal it, so every host of the web is allowed, and the app's scheme where
    /// the visitor would be sent to an app.
    /// </summary>
    private static string FormTargets(Visit visit, Plan plan)
    {
        const string Web = "'self' https: http:";
        return Evaluation.DeepLinkOf(plan, visit) is { IsWeb: false } app ? $"{Web} {app.Url[..(app.Url.IndexOf(':', StringComparison.Ordinal) + 1)]}" : Web;
    }
}
