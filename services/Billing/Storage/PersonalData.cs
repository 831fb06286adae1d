using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Billing.Storage;

/// <summary>The personal data in billingdb.</summary>
public static class PersonalData
{
    private const string OwnWorkspaces = "workspace_id = any(@Workspaces)";

    /// <summary>Before the rows go, Stripe has to be asked to delete its part.</summary>
    private static readonly ErasureRule WithStripe = ErasureRule.Otherwise("deleted with the workspace, once its customer is deleted at Stripe");

    public static readonly DataMap Map = new("billing",
    [
        new("current_plans", "The plan of each workspace", LegalBasis.Contract, "Providing what the plan includes", "until the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "workspace_id plan source changed_at",
            Neutral = "entitlements version",
            Erased = ErasureRule.Delete,
        },
        new("plan_grants", "Plans that operators gave to workspaces, and why", LegalBasis.Contract, "Providing what the plan includes", "until the plan ends, or the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "workspace_id plan reason ends_at granted_at",
            Withheld = "granted_by",
            WithheldBecause = "It names an operator.",
            Erased = ErasureRule.Delete,
        },
        new("usage", "How much of its plan each workspace used in each month", LegalBasis.Contract, "Limits, and showing them", "13 months, or until the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "workspace_id month metric value",
            Neutral = "version",
            Erased = ErasureRule.Delete,
        },
        new("customers", "Who pays for a workspace: Stripe's customer, with the owner's address and the workspace's name", LegalBasis.Contract, "Payments", "until the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "workspace_id stripe_id email name trial_used_at created_at",
            Erased = WithStripe,
        },
        new("checkouts", "Purchases that were started", LegalBasis.Contract, "Payments", "90 days")
        {
            Subject = "user_id = @UserId or workspace_id = any(@Workspaces)",
            Exported = "id workspace_id user_id plan interval promotion state created_at",
            Withheld = "session_id url",
            WithheldBecause = "They open the payment page.",
            Neutral = "asked_at failures",
            Erased = ErasureRule.Delete,
        },
        new("subscriptions", "Subscriptions and their payments' state", LegalBasis.Contract, "Payments", "until the workspace is erased")
        {
            Subject = OwnWorkspaces,
            Exported = "id workspace_id status plan interval amount currency period_start period_end trial_end cancel_at ended_at next_plan next_interval past_due_since grace_until created_at",
            Neutral = "item_id price_id schedule_id dunning_mails win_back_at monthly_amount grace_ended cancelled_for_deletion fetched_at",
            Erased = WithStripe,
        },
        new("invoices", "Invoices", LegalBasis.LegalObligation, "Tax law", "10 years (Billing__InvoiceRetentionYears)")
        {
            Subject = OwnWorkspaces,
            Exported = "id workspace_id subscription_id number status amount_due amount_paid currency created_at period_start period_end pdf_url",
            Withheld = "payment_url",
            WithheldBecause = "It opens the payment page.",
            Neutral = "fetched_at",
            Erased = ErasureRule.Otherwise("kept as long as tax law asks, without links"),
        },
        new("revenue_changes", "What subscriptions bring in per month, and when that changed", LegalBasis.LegitimateInterest, "Accounting", "permanently")
        {
            Neutral = "position workspace_id subscription_id kind plan_before plan_after amount_before amount_after currency at",
        },
        new("sign_ups", "When personal workspaces were created", LegalBasis.LegitimateInterest, "How many of them pay later", "until the workspace is erased")
        {
            Neutral = "workspace_id registered_at",
        },
        new("stripe_events", "Events of Stripe that were handled", LegalBasis.None, "Handling each event once", "90 days") { Neutral = "id type handled_at" },
        new("reconciliations", "Comparisons with Stripe", LegalBasis.None, "Operation", "90 days") { Neutral = "id started_at completed_at listed mended unknown failed missing doubled" },
        new("workspace_deletions", "Workspaces that were scheduled for deletion", LegalBasis.None, "Ending their payments", "until the workspace is erased") { Neutral = "workspace_id is_scheduled version" },
        new("default_plan", "What workspaces without a plan of their own may do", LegalBasis.None, "Settings", "permanently") { Neutral = "id entitlements version" },
        PersonalDataTables.ExportParts,
        PersonalDataTables.Idempotency,
        PersonalDataTables.DeletionClock,
        PersonalDataTables.Outbox,
        PersonalDataTables.Inbox,
        PersonalDataTables.WorkspaceErasures,
        PersonalDataTables.MigrationHistory,
    ],
    [
        new("Stripe", "Customers with their payment methods, subscriptions and invoices", "as the contract with Stripe says", "the customer is deleted with the workspace"),
    ]);
}
