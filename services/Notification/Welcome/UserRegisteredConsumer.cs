using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.Welcome;

/// <summary>Queues the welcome email, once per user.</summary>
public sealed class UserRegisteredConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<UserRegistered>(database)
{
    protected override Task HandleAsync(UserRegistered message, UnitOfWork work, CancellationToken cancellationToken)
    {
        var texts = MailComposer.TextsFor(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = WelcomeMail.Compose(texts, composer, name);
        return mails.EnqueueAsync(
            work, new OutgoingMail(WelcomeMail.Kind, $"{WelcomeMail.Kind}:{message.UserId}", message.UserId, texts.Language.Code, message.Email, name, content), cancellationToken);
    }
}
