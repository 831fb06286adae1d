using System.Security.Cryptography;
using System.Text.Json;
using LinkShort.Localization;
using LinkShort.ServiceDefaults;
using LinkShort.Web.Api;
using LinkShort.Web.Problems;
using LinkShort.Web.Sessions;
using Microsoft.AspNetCore.DataProtection;

namespace LinkShort.Web.Layout;

/// <summary>A message that survives one redirect: kept by the browser, encrypted, and shown once.</summary>
/// <param name="Text">What happened, in one sentence.</param>
/// <param name="Copyable">Text with a copy button, such as the new short URL.</param>
/// <param name="IsProblem">Shown as a warning.</param>
/// <param name="Undo">What reverses it; null if nothing does.</param>
/// <param name="IsPlanLimit">Leads to the plans that allow more.</param>
public sealed record FlashMessage(string Text, string? Copyable = null, bool IsProblem = false, FlashUndo? Undo = null, bool IsPlanLimit = false);

/// <summary>A form with the button <c>Undo</c>.</summary>
/// <param name="Action">Where it posts to.</param>
/// <param name="Fields">Names and values.</param>
public sealed record FlashUndo(string Action, IReadOnlyList<FlashField> Fields);

public sealed record FlashField(string Name, string Value);

/// <summary>Carries <see cref="FlashMessage"/>s and other values that must be shown exactly once.</summary>
public sealed class Flash(IHttpContextAccessor contexts, IDataProtectionProvider protection, Texts texts)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private HttpContext Context => contexts.HttpContext ?? throw new InvalidOperationException("A flash belongs to a request.");

    /// <summary>Shows a text on the next page.</summary>
    public void Say(string key, params (string Name, object? Value)[] arguments) => Set(new FlashMessage(texts[key, arguments]));

    /// <summary>Shows a text with a copy button on the next page.</summary>
    public void Offer(string copyable, string key, params (string Name, object? Value)[] arguments) => Set(new FlashMessage(texts[key, arguments], copyable));

    /// <summary>Shows a text as a warning on the next page.</summary>
    public void Warn(string key, params (string Name, object? Value)[] arguments) => Set(new FlashMessage(texts[key, arguments], IsProblem: true));

    /// <summary>Shows sentences about numbers of things on the next page.</summary>
    public void Report(IEnumerable<(string Key, int Count)> parts, bool isProblem, FlashUndo? undo = null) =>
        Set(new FlashMessage(string.Join(' ', parts.Select(part => texts[part.Key, ("n", part.Count)])), IsProblem: isProblem, Undo: undo));

    /// <summary>Shows a problem on the next page.</summary>
    public void Warn(ApiProblem problem) => Set(new FlashMessage(InWords(problem), IsProblem: true, IsPlanLimit: problem.IsPlanLimit));

    public string InWords(ApiProblem problem) => ProblemText.Message(problem, texts);

    public void Set<T>(T value)
    {
        var payload = Protector<T>().Protect(JsonSerializer.Serialize(value), Lifetime);
        HostCookie.Write(Context, CookieOf<T>(), payload, Lifetime);
    }

    /// <returns>The previous page's message, which is removed; null without one.</returns>
    public T? Take<T>()
        where T : class
    {
        if (HostCookie.Read(Context, CookieOf<T>()) is not { } payload)
        {
            return null;
        }

        HostCookie.Delete(Context, CookieOf<T>());
        try
        {
            return JsonSerializer.Deserialize<T>(Protector<T>().Unprotect(payload));
        }
        catch (Exception e) when (e is CryptographicException or JsonException || Outages.IsOutage(e))
        {
            // Expired, forged, or the keys are unavailable: nothing to show.
            return null;
        }
    }

    private static string CookieOf<T>() => "linkshort-" + typeof(T).Name;

    private ITimeLimitedDataProtector Protector<T>() =>
        protection.CreateProtector("LinkShort.Web.Flash", typeof(T).Name).ToTimeLimitedDataProtector();
}
