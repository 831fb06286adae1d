using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Notification.Storage;

/// <summary>What notificationdb holds about people.</summary>
public static class PersonalData
{
    public static readonly DataMap Map = new("notification",
    [
        new("outgoing_mail", "Mails to people: to whom, about what, and what they say until they are sent", LegalBasis.Contract, "Telling people what they must know", "30 days after the mail was sent or given up (Notification__MailRetention)")
        {
            Subject = "user_id = @UserId and state <> 'queued'",
            Exported = "id kind recipient recipient_name subject locale state attempts created_at sent_at user_id",
            Withheld = "reason text_body html_body last_error",
            WithheldBecause = "What a mail says is forgotten once it is sent; the others say what is in the columns beside them.",
            Neutral = "next_attempt_at",
            Erased = new ErasureRule("rows are deleted; of mails that are still queued, as the last one about the erasure, when they are sent", "delete"),
        },
        new("erased_people", "Whose last mails are deleted when they are sent", LegalBasis.LegalObligation, "Erasure", "30 days")
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
        new("{LINKSHORT_DATA}/mail/*.eml", "Mails, where no mail server is set (trying it out)", "as outgoing_mail", "deleted with the mail's row"),
    ]);
}
