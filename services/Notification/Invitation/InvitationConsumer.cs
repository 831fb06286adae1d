using LinkShort.Contracts;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.Invitation;

/// <summary>
/// "You are invited". The names of inviter and workspace are free text, and the recipient may know neither, so links in them are removed.
/// </summary>
public sealed class InvitationConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<InvitationCreated>(database)
{
    public const string Kind = "invitation";

    protected override Task HandleAsync(InvitationCreated message, UnitOfWork work, CancellationToken cancellationToken)
    {
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
            composer.Text(language, "mail.reason")));
        // A resent invitation has a new secret and invalidates the previous one, so it is an email of its own.
        var reason = $"{Kind}:{message.InvitationId}:{message.ExpiresAt.UtcTicks}";
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, reason, message.InvitationId, language.Code, message.Email, null, content), cancellationToken);
    }
}
