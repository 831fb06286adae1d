using LinkShort.Localization;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Composing;

/// <summary>What the emails about an account share: their texts, and URLs of the app.</summary>
public sealed class MailComposer(MailLayout layout, SealedText seal, IOptions<NotificationOptions> options)
{
    private static readonly TextCatalog Catalog = TextCatalog.Of(typeof(MailComposer).Assembly);

    public MailLayout Layout { get; } = layout;

    /// <summary>The URL of the app.</summary>
    public Uri App => options.Value.AppUrl;

    /// <param name="locale">BCP 47 tag. A language that there are no texts in is English.</param>
    public static Texts TextsFor(string? locale) => Catalog.In(Language.Find(locale) ?? Language.English);

    /// <summary>Why the user gets the email: a text with the installation's host.</summary>
    public string Reason(Texts texts, string key) => texts[key, ("host", App.Authority)];

    /// <summary>The URL of a page of the app.</summary>
    public Uri Page(string path) => new(App.AbsoluteUri + "/" + path);

    /// <summary>The URL of a page that takes a secret.</summary>
    /// <param name="purpose">The event's name.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The event wasn't published by one of our services.</exception>
    public Uri Page(string path, string sealedToken, string purpose) => Page($"{path}?token={Uri.EscapeDataString(seal.Open(sealedToken, purpose))}");

    public static string Expires(Texts texts, DateTimeOffset at) => texts["composing.expires", ("time", Time(texts, at))];

    /// <summary>In UTC: which time zone a reader is in is not known.</summary>
    public static string Time(Texts texts, DateTimeOffset at) => texts[
        "composing.time", ("date", texts.Language.Date(DateOnly.FromDateTime(at.UtcDateTime))), ("time", at.UtcDateTime.ToString("HH:mm", texts.Language.Culture))];
}
