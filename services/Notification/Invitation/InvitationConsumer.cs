using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.Invitation;

/// <summary>
/// "You are invited". Inviter and workspace choose their names freely and the reader knows neither: what looks like a link isn't shown.
/// </summary>
public sealed class InvitationConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<InvitationCreated>(database)
{
    public const string Kind = "invitation";

    protected override Task HandleAsync(InvitationCreated message, UnitOfWork work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        var language = composer.LanguageOf(message.Locale);
        var content = composer.Compose(language, new Message(
            language["invitation.subject"],
            Name: null,
            [language["invitation.text"]],
            [
                (language["label.workspace"], GreetingName.From(message.WorkspaceName)),
                (language["invitation.from"], GreetingName.From(message.InviterName)),
                (language["label.role"], language["role." + message.Role]),
            ],
            (language["invitation.button"], composer.Page("invitations", message.SealedToken, nameof(InvitationCreated))),
            [composer.Expires(language, message.ExpiresAt), language["invitation.ignore"]],
            composer.Say(language, "mail.reason")));
        // Sent again, it has another secret, and the one before works no more: a mail of its own.
        return mails.EnqueueAsync(
            work, Kind, $"{Kind}:{message.InvitationId}:{message.ExpiresAt.UtcTicks}", message.InvitationId, language.Code, message.Email, null, content, cancellationToken);
    }
}
