using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification.Welcome;

/// <summary>Queues the welcome email, once per user.</summary>
public sealed class UserRegisteredConsumer(
    Database database, MailQueue mails, MailTexts texts, MailLayout layout, IOptions<NotificationOptions> options) : InboxConsumer<UserRegistered>(database)
{
    protected override Task HandleAsync(UserRegistered message, UnitOfWork work, CancellationToken cancellationToken)
    {
        var language = texts.For(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = WelcomeMail.Compose(language, layout, name, options.Value.AppUrl);
        return mails.EnqueueAsync(
            work, new OutgoingMail(WelcomeMail.Kind, $"{WelcomeMail.Kind}:{message.UserId}", message.UserId, language.Code, message.Email, name, content), cancellationToken);
    }
}
