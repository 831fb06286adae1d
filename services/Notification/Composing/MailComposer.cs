using LinkShort.ServiceDefaults.Auth;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Composing;

/// <summary>What every mail about an account is made with.</summary>
public sealed class MailComposer(MailTexts texts, MailLayout layout, SealedText seal, IOptions<NotificationOptions> options)
{
    public MailLanguage LanguageOf(string? locale) => texts.For(locale);

    /// <summary>A text of the language, with our own host in it.</summary>
    public string Say(MailLanguage language, string key)
    {
        ArgumentNullException.ThrowIfNull(language);
        return language[key].Replace("{host}", options.Value.AppUrl.Authority, StringComparison.Ordinal);
    }

    /// <summary>A page of the app.</summary>
    public Uri Page(string path) => new(options.Value.AppUrl.AbsoluteUri + "/" + path);

    /// <summary>A page that takes a secret.</summary>
    /// <param name="purpose">The event's name.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The event was not made by a service of ours.</exception>
    public Uri Page(string path, string sealedToken, string purpose) => Page($"{path}?token={Uri.EscapeDataString(seal.Open(sealedToken, purpose))}");

    public MailContent Compose(MailLanguage language, Message message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Compose(language, layout);
    }

    public string Expires(MailLanguage language, DateTimeOffset at) => Say(language, "mail.expires").Replace("{time}", Message.Time(at), StringComparison.Ordinal);
}
