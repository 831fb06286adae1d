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
        var texts = MailComposer.TextsFor(message.Locale);
        var content = new Message(
            texts["invitation.subject"],
            Name: null,
            [texts["invitation.text"]],
            [
                (texts["composing.label.workspace"], GreetingName.From(message.WorkspaceName)),
                (texts["invitation.from"], GreetingName.From(message.InviterName)),
                (texts["composing.label.role"], texts["composing.role." + message.Role]),
            ],
            (texts["invitation.button"], composer.Page("invitations", message.SealedToken, nameof(InvitationCreated))),
            [MailComposer.Expires(texts, message.ExpiresAt), texts["invitation.ignore"]],
            composer.Reason(texts, "composing.enteredReason")).Compose(texts, composer.Layout);
        // A resent invitation has a new secret and invalidates the previous one, so it is an email of its own.
        var reason = $"{Kind}:{message.InvitationId}:{message.ExpiresAt.UtcTicks}";
        return mails.EnqueueAsync(
            work, new OutgoingMail(Kind, reason, message.InvitationId, texts.Language.Code, message.Email, null, content), cancellationToken);
    }
}
