using LinkShort.Contracts;

namespace LinkShort.Billing;

internal static class BillingAudit
{
    /// <summary>Requests without a signed-in caller are Stripe's events and our own services: the system, not a user without an id.</summary>
    public static AuditRecorded OrSystem(this AuditRecorded entry) => entry is { ActorKind: "user", ActorId: null } ? entry with { ActorKind = "system" } : entry;
}
