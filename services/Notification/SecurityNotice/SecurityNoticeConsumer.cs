using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.SecurityNotice;

/// <summary>Notifies users of changes to their account: when, with which device, from where.</summary>
public sealed class SecurityNoticeConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<SecurityNoticeRaised>(database)
{
    public const string Kind = "securityNotice";

    protected override Task HandleAsync(SecurityNoticeRaised message, UnitOfWork work, CancellationToken cancellationToken)
    {
        // A notice of a newer version of identity would be an empty email. It is retried until notification is updated too.
        var notice = NoticeTable.Find(message.Kind) ?? throw new InvalidOperationException($"There is no email for the notice '{message.Kind}'.");
        var language = composer.LanguageOf(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = composer.Compose(language, new Message(
            language[$"notice.{message.Kind}.subject"],
            name,
            [language[$"notice.{message.Kind}.text"]],
            [
                (notice.DetailLabel is { } label ? language[label] : "", notice.DetailLabel is null ? null : ShownText.From(message.Detail)),
                (language["label.role"], message.Role is { } role ? language["role." + role] : null),
                (language["label.time"], Message.Time(message.At)),
                (language["label.device"], ShownText.From(message.Device)),
                (language["label.network"], ShownText.From(message.Network)),
            ],
            notice.HasAccount ? (language["notice.button"], composer.Page("security")) : null,
            notice.IsOwners ? [language["notice.wasYou"], language["notice.notYou"]] : [],
            composer.Text(language, "notice.reason")));
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.NoticeId}", message.UserId, language.Code, message.Email, name, content), cancellationToken);
    }
}
