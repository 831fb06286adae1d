using System.Text.Encodings.Web;
using LinkShort.Redirect.Answers;
using LinkShort.Redirect.Rules;

namespace LinkShort.Redirect.Passwords;

/// <summary>The form for a link's password. Works without JavaScript, and without cookies, when it is shown at each visit.</summary>
public static class PasswordForm
{
    public const string PasswordField = "password";
    public const string TokenField = "token";

    /// <summary>The visitor's referrer: after the form, the browser would send the form's own URL.</summary>
    public const string ReferrerField = "from";

    /// <param name="status">200 for a first visit, 403 after an attempt.</param>
    /// <param name="token">From <see cref="PasswordKeys.TokenFor"/>.</param>
    /// <param name="problem">The key of the text that says why the attempt failed; null on a first visit.</param>
    public static Task WriteAsync(HttpContext context, int status, string token, Visit visit, Plan plan, string? problem = null)
    {
        var texts = Pages.TextsFor(context.Request);
        var message = problem is null ? "" : $"""<p class="error" id="problem" role="alert">{texts[problem]}</p>""";
        var described = problem is null ? "" : """ aria-invalid="true" aria-describedby="problem" """;
        // Browsers count UTF-16 units, before normalization: 128 characters are up to eight times as many.
        var main = $"""
            <h1>{texts["passwords.heading"]}</h1><p>{texts["passwords.hint"]}</p>{message}
            <form method="post">
            <label for="password">{texts["passwords.password"]}</label>
            <input id="password" name="{PasswordField}" type="password" required autofocus autocomplete="off" maxlength="1024"{described}>
            <input name="{TokenField}" type="hidden" value="{token}">
            <input name="{ReferrerField}" type="hidden" value="{HtmlEncoder.Default.Encode(visit.Referrer ?? "")}">
            <button>{texts["passwords.continue"]}</button>
            </form>
            """;
        // With a stricter policy the browser would send no Origin with the form.
        context.Response.Headers["Referrer-Policy"] = "same-origin";
        return Pages.WriteAsync(context, status, texts.Language, texts["passwords.title"], main, formTargets: FormTargets(visit, plan));
    }

    /// <summary>
    /// Browsers also apply form-action to the redirects that follow a form: with <c>'self'</c> alone Chromium would block the redirect to
    /// the destination. Naming the destination's host would reveal it, so all http and https hosts are allowed, and the app's scheme for
    /// visitors who would be redirected to an app.
    /// </summary>
    private static string FormTargets(Visit visit, Plan plan)
    {
        const string Web = "'self' https: http:";
        return Evaluation.DeepLinkOf(plan, visit) is { IsWeb: false } app ? $"{Web} {app.Url[..(app.Url.IndexOf(':', StringComparison.Ordinal) + 1)]}" : Web;
    }
}
