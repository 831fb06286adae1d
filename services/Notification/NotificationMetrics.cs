using System.Diagnostics.Metrics;

namespace LinkShort.Notification;

public sealed class NotificationMetrics
{
    public const string MeterName = "LinkShort.Notification";

    private readonly Counter<long> _mails;
    private readonly Histogram<double> _wait;

    public NotificationMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _mails = meter.CreateCounter<long>("linkshort.notification.mails", "{mail}", "Attempts to send, by kind and outcome (sent, deferred, failed).");
        _wait = meter.CreateHistogram<double>("linkshort.notification.mail.wait", "s", "From the event to the mail server's acceptance.");
    }

    public void Sent(string kind, TimeSpan waited)
    {
        Count(kind, "sent");
        _wait.Record(Math.Max(0, waited.TotalSeconds));
    }

    public void Deferred(string kind) => Count(kind, "deferred");

    public void Failed(string kind) => Count(kind, "failed");

    private void Count(string kind, string outcome) =>
        _mails.Add(1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", outcome));
}
