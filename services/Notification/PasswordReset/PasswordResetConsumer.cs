using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.PasswordReset;

/// <summary>"Set a new password".</summary>
public sealed class PasswordResetConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<PasswordResetRequested>(database)
{
    public const string Kind = "passwordReset";

    protected override Task HandleAsync(PasswordResetRequested message, UnitOfWork work, CancellationToken cancellationToken)
    {
        var texts = MailComposer.TextsFor(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = new Message(
            texts["passwordReset.subject"],
            name,
            [texts["passwordReset.text"]],
            [],
            (texts["passwordReset.button"], composer.Page("reset", message.SealedToken, nameof(PasswordResetRequested))),
            [MailComposer.Expires(texts, message.ExpiresAt), texts["passwordReset.ignore"]],
            composer.Reason(texts, "composing.securityReason")).Compose(texts, composer.Layout);
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.RequestId}", message.UserId, texts.Language.Code, message.Email, name, content), cancellationToken);
    }
}
