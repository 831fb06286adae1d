namespace LinkShort.Notification.Composing;

/// <summary>What a mail says, in both forms that it is sent in.</summary>
public sealed record MailContent(string Subject, string Text, string Html);
