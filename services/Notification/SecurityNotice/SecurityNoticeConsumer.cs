using System.Globalization;
using LinkShort.Contracts;
using LinkShort.Localization;
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
        var texts = MailComposer.TextsFor(message.Locale);
        var name = GreetingName.From(message.Name);
        var content = new Message(
            texts[$"securityNotice.{message.Kind}.subject"],
            name,
            [texts[$"securityNotice.{message.Kind}.text"]],
            [
                (notice.DetailLabel is { } label ? texts[label] : "", DetailOf(notice, message.Detail, texts)),
                (texts["composing.label.role"], message.Role is { } role ? texts["composing.role." + role] : null),
                (texts["composing.label.time"], MailComposer.Time(texts, message.At)),
                (texts["composing.label.device"], ShownText.From(message.Device)),
                (texts["composing.label.network"], ShownText.From(message.Network)),
            ],
            notice.HasAccount ? (texts[notice.Button], composer.Page(notice.Page)) : null,
            notice.IsOwners ? [texts["securityNotice.wasYou"], texts["securityNotice.notYou"]] : [],
            composer.Reason(texts, "composing.securityReason")).Compose(texts, composer.Layout);
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, $"{Kind}:{message.NoticeId}", message.UserId, texts.Language.Code, message.Email, name, content), cancellationToken);
    }

    private static string? DetailOf(NoticeForm notice, string? detail, Texts texts) => notice.DetailLabel switch
    {
        null => null,
        NoticeTable.Day when DateOnly.TryParseExact(detail, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) => texts.Language.Date(day),
        _ => ShownText.From(detail),
    };
}
