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
        var texts = MailComposer.TextsFor(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = new Message(
            texts["emailVerification.subject"],
            name,
            [texts["emailVerification.text"]],
            [],
            (texts["emailVerification.button"], composer.Page("verify", message.SealedToken, nameof(EmailVerificationRequested))),
            [MailComposer.Expires(texts, message.ExpiresAt), texts["emailVerification.ignore"]],
            composer.Reason(texts, "composing.enteredReason")).Compose(texts, composer.Layout);
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.RequestId}", message.UserId, texts.Language.Code, message.Email, name, content), cancellationToken);
    }
}
