using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.EmailVerification;

/// <summary>"Confirm your address".</summary>
public sealed class EmailVerificationConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<EmailVerificationRequested>(database)
{
    public const string Kind = "emailVerification";

    protected override Task HandleAsync(EmailVerificationRequested message, UnitOfWork work, CancellationToken cancellationToken)
    {
        var language = composer.LanguageOf(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = composer.Compose(language, new Message(
            language["verify.subject"],
            name,
            [language["verify.text"]],
            [],
            (language["verify.button"], composer.Page("verify", message.SealedToken, nameof(EmailVerificationRequested))),
            [composer.Expires(language, message.ExpiresAt), language["verify.ignore"]],
            composer.Text(language, "mail.reason")));
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.RequestId}", message.UserId, language.Code, message.Email, name, content), cancellationToken);
    }
}
