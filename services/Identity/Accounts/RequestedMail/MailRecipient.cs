namespace LinkShort.Identity.Accounts.RequestedMail;

/// <summary>The account that an email is sent to.</summary>
public sealed record MailRecipient(Guid Id, string Email, string NormalizedEmail, bool EmailConfirmed, string? Name, string Locale);
