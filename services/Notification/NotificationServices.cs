using LinkShort.Notification.Composing;
using LinkShort.Notification.Privacy;
using LinkShort.Notification.Sending;
using LinkShort.Notification.Storage;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.Extensions.Options;

namespace LinkShort.Notification;

public static class NotificationServices
{
    public static void AddNotification(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddValidatedOptions<NotificationOptions>(NotificationOptions.Section);
        builder.AddValidatedOptions<SmtpOptions>(SmtpOptions.Section);
        builder.Services.AddSingleton<NotificationMetrics>();
        builder.Services.AddSingleton<MailTexts>();
        builder.Services.AddSingleton<MailLayout>();
        builder.Services.AddSingleton<MailQueue>();
        builder.Services.AddSingleton<Sender>();
        // Known only when all settings are read.
        builder.Services.AddSingleton<IMailTransport>(services => services.GetRequiredService<IOptions<SmtpOptions>>().Value.Enabled
            ? ActivatorUtilities.CreateInstance<SmtpTransport>(services)
            : ActivatorUtilities.CreateInstance<FileTransport>(services));
        builder.Services.AddHostedService<MailSender>();
        builder.Services.AddSingleton<MailRetention>();
        builder.Services.AddHostedService(services => services.GetRequiredService<MailRetention>());
        builder.Services.AddSingleton<IErasureStep>(services => services.GetRequiredService<MailRetention>());
        builder.AddPersonalData(PersonalData.Map);
    }
}
