namespace LinkShort.Notification.Composing;

/// <summary>The content of an email, as text and as HTML.</summary>
public sealed record MailContent(string Subject, string Text, string Html);
