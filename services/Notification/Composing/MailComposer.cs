using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Composing;

/// <summary>Composes the emails about an account.</summary>
public sealed class MailComposer(MailTexts texts, MailLayout layout, SealedText seal, IOptions<NotificationOptions> options)
{
    public MailLanguage LanguageOf(string? locale) => texts.For(locale);

    /// <summary>A text of the language, with the installation's own host filled in.</summary>
    public string Text(MailLanguage language, string key)
    {
        return language[key].Replace("{host}", options.Value.AppUrl.Authority, StringComparison.Ordinal);
    }

    /// <summary>The URL of a page of the app.</summary>
    public Uri Page(string path) => new(options.Value.AppUrl.AbsoluteUri + "/" + path);

    /// <summary>The URL of a page that takes a secret.</summary>
    /// <param name="purpose">The event's name.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The event wasn't published by one of our services.</exception>
    public Uri Page(string path, string sealedToken, string purpose) => Page($"{path}?token={Uri.EscapeDataString(seal.Open(sealedToken, purpose))}");

    public MailContent Compose(MailLanguage language, Message message)
    {
        return message.Compose(language, layout);
    }

    public string Expires(MailLanguage language, DateTimeOffset at) => Text(language, "mail.expires").Replace("{time}", Message.Time(at), StringComparison.Ordinal);
}
