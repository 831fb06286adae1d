using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Notification.Composing;
using LinkShort.Notification.Sending;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Messaging;

namespace LinkShort.Notification.Billing;

/// <summary>Informs owners of their workspace's plan, its limits and its payments.</summary>
public sealed class BillingMailConsumer(Database database, MailQueue mails, MailComposer composer) : InboxConsumer<BillingMailRequested>(database)
{
    public const string Kind = "billing";

    protected override Task HandleAsync(BillingMailRequested message, UnitOfWork work, CancellationToken cancellationToken)
    {
        // A notice of a newer version of billing would be an empty email. It is retried until notification is updated too.
        var form = BillingMails.Find(message.Kind) ?? throw new InvalidOperationException($"There is no email for the billing notice '{message.Kind}'.");
        var texts = MailComposer.TextsFor(message.Locale);
        var name = GreetingName.From(message.Name);
        var facts = message.Facts;
        var day = facts.Day is { } date ? texts.Language.Date(date) : null;
        (string, object?)[] values = [("plan", ShownText.From(facts.Plan)), ("day", day)];
        var content = new Message(
            texts[$"billing.{message.Kind}.subject", values],
            name,
            [.. form.Paragraphs.Select(paragraph => texts[$"billing.{message.Kind}.{paragraph}", values])],
            [
                (texts["composing.label.workspace"], GreetingName.From(message.WorkspaceName)),
                (texts["billing.label.plan"], ShownText.From(facts.Plan)),
                (facts.Limit is { } limit ? texts["billing.limit." + limit] : "", UsedOf(facts, texts)),
                (texts["billing.label.amount"], AmountOf(facts, texts)),
                (texts["composing.label.day"], day),
            ],
            (texts[form.Button], composer.Page(form.Page)),
            [],
            composer.Reason(texts, "billing.reason")).Compose(texts, composer.Layout);
        return mails.EnqueueAsync(
            work,
            new OutgoingMail(Kind, $"{Kind}:{message.NoticeId}:{message.UserId}", message.UserId, texts.Language.Code, message.Email, name, content),
            cancellationToken);
    }

    private static string? UsedOf(BillingFacts facts, Texts texts) =>
        facts is { Used: { } used, Allowed: { } allowed } ? texts["billing.usedOf", ("used", Number(used, texts)), ("allowed", Number(allowed, texts))] : null;

    private static string Number(long number, Texts texts) => number.ToString("N0", texts.Language.Culture);

    private static string? AmountOf(BillingFacts facts, Texts texts) =>
        facts is { Amount: { } amount, Currency: { } currency } ? MoneyText.Of(amount, currency, texts.Language) : null;
}
