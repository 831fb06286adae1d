using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults;
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
    }
}
