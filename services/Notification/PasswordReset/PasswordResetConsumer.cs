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
        var language = composer.LanguageOf(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = composer.Compose(language, new Message(
            language["reset.subject"],
            name,
            [language["reset.text"]],
            [],
            (language["reset.button"], composer.Page("reset", message.SealedToken, nameof(PasswordResetRequested))),
            [composer.Expires(language, message.ExpiresAt), language["reset.ignore"]],
            composer.Text(language, "notice.reason")));
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.RequestId}", message.UserId, language.Code, message.Email, name, content), cancellationToken);
    }
}
