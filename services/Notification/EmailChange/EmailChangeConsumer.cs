using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.EmailChange;

/// <summary>Asks the old and the new address of an account for confirmation, with different texts.</summary>
public sealed class EmailChangeConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<EmailChangeRequested>(database)
{
    public const string Kind = "emailChange";

    protected override Task HandleAsync(EmailChangeRequested message, UnitOfWork work, CancellationToken cancellationToken)
    {
        var language = composer.LanguageOf(message.Locale);
        // The new address may belong to a stranger, to whom the account's name means nothing.
        var name = message.ToNewAddress ? null : GreetingName.From(message.Name);
        var side = message.ToNewAddress ? "changeNew" : "changeOld";
        var content = composer.Compose(language, new Message(
            language[$"{side}.subject"],
            name,
            [language[$"{side}.text"].Replace("{email}", message.NewEmail, StringComparison.Ordinal)],
            [],
            (language[message.ToNewAddress ? "verify.button" : "changeOld.button"], composer.Page("email-change", message.SealedToken, nameof(EmailChangeRequested))),
            [composer.Expires(language, message.ExpiresAt), language[$"{side}.ignore"]],
            composer.Text(language, message.ToNewAddress ? "mail.reason" : "notice.reason")));
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.RequestId}:{side}", message.UserId, language.Code, message.Email, name, content), cancellationToken);
    }
}
