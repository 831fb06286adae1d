using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Notification.Storage;

/// <summary>The personal data in notificationdb.</summary>
public static class PersonalData
{
    public static readonly DataMap Map = new("notification",
    [
        new("outgoing_mail", "Emails: recipient, topic, and content until they are sent", LegalBasis.Contract, "Informing users about their accounts", "30 days after the email was sent or abandoned (Notification__MailRetention)")
        {
            Subject = "user_id = @UserId and state <> 'queued'",
            Exported = "id kind recipient recipient_name subject locale state attempts created_at sent_at user_id",
            Withheld = "reason text_body html_body last_error",
            WithheldBecause = "The content is deleted once the email is sent; the other columns repeat the exported ones.",
            Neutral = "next_attempt_at",
            Erased = new ErasureRule("rows are deleted; those of queued emails, such as the last one about the erasure, once they are sent", "delete"),
        },
        new("erased_people", "Users whose last emails are deleted once they are sent", LegalBasis.LegalObligation, "Erasure", "30 days")
        {
            Neutral = "user_id erased_at",
        },
        PersonalDataTables.ExportParts,
        PersonalDataTables.DeletionClock,
        PersonalDataTables.Outbox,
        PersonalDataTables.Inbox,
        PersonalDataTables.MigrationHistory,
    ],
    [
        // FileTransport's.
        new("{LINKSHORT_DATA}/mail/*.eml", "Emails, if no mail server is set (for evaluation)", "as outgoing_mail", "deleted with the email's row"),
    ]);
}
