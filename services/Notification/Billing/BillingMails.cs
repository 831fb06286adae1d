using LinkShort.Contracts;
using static LinkShort.Contracts.BillingNoticeKinds;

namespace LinkShort.Notification.Billing;

/// <param name="Paragraphs">The keys of its sentences.</param>
/// <param name="Button">The key of the button's text.</param>
/// <param name="Page">The page of the app that it leads to.</param>
public sealed record BillingMailForm(string Kind, IReadOnlyList<string> Paragraphs, string Button, string Page);

/// <summary>How the emails about <see cref="BillingNoticeKinds"/> differ from each other, besides their texts.</summary>
public static class BillingMails
{
    private const string PlanPage = "settings/billing";

    private static readonly string[] OneText = ["text"];

    public static readonly IReadOnlyList<BillingMailForm> All =
    [
        new(LimitNear, OneText, "billing.seePlan", PlanPage),
        new(LimitReached, OneText, "billing.seePlan", PlanPage),
        new(PlanGranted, OneText, "billing.seePlan", PlanPage),
        new(Upgraded, ["text", "links", "analytics", "support"], "billing.createLink", ""),
        new(PlanChanged, OneText, "billing.seePlan", PlanPage),
        new(TrialEnding, OneText, "billing.seePlan", PlanPage),
        new(PaymentFailed, OneText, "billing.pay", PlanPage),
        new(PaymentStillDue, OneText, "billing.pay", PlanPage),
        new(PaymentLastReminder, OneText, "billing.pay", PlanPage),
        new(PaymentRecovered, OneText, "billing.seePlan", PlanPage),
        new(PaymentActionRequired, OneText, "billing.pay", PlanPage),
        new(Cancelled, OneText, "billing.seePlan", PlanPage),
        new(PlanEnded, OneText, "billing.seePlan", PlanPage),
        new(WinBack, OneText, "billing.seePlan", PlanPage),
    ];

    public static BillingMailForm? Find(string kind) => All.FirstOrDefault(form => form.Kind == kind);
}
