using LinkShort.Notification.Billing;
using LinkShort.Notification.Composing;
using LinkShort.Notification.EmailChange;
using LinkShort.Notification.EmailVerification;
using LinkShort.Notification.Invitation;
using LinkShort.Notification.PasswordReset;
using LinkShort.Notification.Privacy;
using LinkShort.Notification.SecurityNotice;
using LinkShort.Notification.Sending;
using LinkShort.Notification.Storage;
using LinkShort.Notification.Welcome;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Privacy;
using MassTransit;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification;

public static class NotificationExtensions
{
    /// <summary>Deferred emails count too, but are not overdue before their next attempt is due.</summary>
    private static readonly Backlog Queued = new(
        "mail queue",
        """
        select count(*), min(next_attempt_at) filter (where next_attempt_at <= @Now), 0::bigint
        from (select next_attempt_at from outgoing_mail where state = 'queued' order by next_attempt_at limit @Most) waiting
        """,
        ("One mail waits to be sent", "mails wait to be sent"));

    /// <summary>Adds one consumer per kind of email.</summary>
    public static void AddNotificationConsumers(this IBusRegistrationConfigurator bus)
    {
        bus.AddConsumer<UserRegisteredConsumer>();
        bus.AddConsumer<EmailVerificationConsumer>();
        bus.AddConsumer<PasswordResetConsumer>();
        bus.AddConsumer<EmailChangeConsumer>();
        bus.AddConsumer<InvitationConsumer>();
        bus.AddConsumer<SecurityNoticeConsumer>();
        bus.AddConsumer<BillingMailConsumer>();
    }

    public static void AddNotification(this WebApplicationBuilder builder)
    {
        builder.AddValidatedOptions<NotificationOptions>(NotificationOptions.Section);
        builder.AddValidatedOptions<SmtpOptions>(SmtpOptions.Section);
        builder.Services.AddSingleton<NotificationMetrics>();
        builder.Services.AddSingleton<MailLayout>();
        builder.Services.AddSingleton<MailComposer>();
        builder.Services.AddSingleton<MailQueue>();
        builder.Services.AddSingleton<Sender>();
        // Chosen when it is resolved, because by then all settings are loaded.
        builder.Services.AddSingleton<IMailTransport>(services => services.GetRequiredService<IOptions<SmtpOptions>>().Value.Enabled
            ? ActivatorUtilities.CreateInstance<SmtpTransport>(services)
            : ActivatorUtilities.CreateInstance<FileTransport>(services));
        builder.Services.AddHostedService<MailSender>();
        builder.AddBacklog(Queued, services => services.GetRequiredService<IOptions<NotificationOptions>>().Value.MailDegradedAfter);
        builder.Services.AddSingleton<MailRetention>();
        builder.Services.AddHostedService(services => services.GetRequiredService<MailRetention>());
        builder.Services.AddSingleton<IErasureStep>(services => services.GetRequiredService<MailRetention>());
        builder.AddPersonalData(PersonalData.Map);
    }
}
