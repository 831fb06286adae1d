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
        var texts = MailComposer.TextsFor(message.Locale);
        // The new address may belong to a stranger, to whom the account's name means nothing.
        var name = message.ToNewAddress ? null : GreetingName.From(message.Name);
        var side = message.ToNewAddress ? "new" : "old";
        var content = new Message(
            texts[$"emailChange.{side}.subject"],
            name,
            [texts[$"emailChange.{side}.text", ("email", message.NewEmail)]],
            [],
            (texts[$"emailChange.{side}.button"], composer.Page("email-change", message.SealedToken, nameof(EmailChangeRequested))),
            [MailComposer.Expires(texts, message.ExpiresAt), texts[$"emailChange.{side}.ignore"]],
            composer.Reason(texts, message.ToNewAddress ? "composing.enteredReason" : "composing.securityReason")).Compose(texts, composer.Layout);
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.RequestId}:{side}", message.UserId, texts.Language.Code, message.Email, name, content), cancellationToken);
    }
}
