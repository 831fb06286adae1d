using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using LinkShort.Contracts;

namespace LinkShort.Billing;

/// <summary>Settings <c>Billing__*</c>.</summary>
public sealed partial class BillingOptions : IValidatableObject
{
    public const string Section = "Billing";

    /// <summary>
    /// The plan of workspaces that have no other. By default <c>free</c> where Stripe is configured; otherwise none, so that everything is allowed.
    /// </summary>
    public string DefaultPlan { get; set; } = "";

    /// <summary>Where people reach LinkShort: Stripe sends them back there.</summary>
    public string PublicUrl { get; set; } = "http://localhost:8080";

    /// <summary>Once per workspace; 0 for no trial.</summary>
    [Range(0, 365, ErrorMessage = "must be from 0 to 365 days.")]
    public int TrialDays { get; set; } = 14;

    /// <summary>Whether a trial starts without a card. It then ends in the default plan unless a card is added.</summary>
    public bool TrialWithoutCard { get; set; } = true;

    /// <summary>How long a workspace keeps its plan after a failed payment.</summary>
    [Range(0, 90, ErrorMessage = "must be from 0 to 90 days.")]
    public int GraceDays { get; set; } = 7;

    /// <summary>When former customers who agreed to such mail are written to.</summary>
    [Range(1, 365, ErrorMessage = "must be from 1 to 365 days.")]
    public int WinBackDays { get; set; } = 30;

    /// <summary>Stripe Tax computes and collects taxes. Needs the installation's registrations in the Stripe dashboard.</summary>
    public bool AutomaticTax { get; set; }

    /// <summary>The checkout asks companies for their tax id.</summary>
    public bool CollectTaxIds { get; set; }

    /// <summary>A coupon of Stripe that is offered to customers who are about to cancel; empty for none.</summary>
    public string CancellationCoupon { get; set; } = "";

    /// <summary>How long invoices are kept, also of erased workspaces, as tax law asks.</summary>
    [Range(1, 30, ErrorMessage = "must be from 1 to 30 years.")]
    public int InvoiceRetentionYears { get; set; } = 10;

    /// <summary>ISO 4217, of all prices.</summary>
    public string Currency { get; set; } = "usd";

    /// <summary>By key. Settings change the plans that there are, and a new key adds one: <c>Billing__Plans__pro__LinksPerMonth=2000</c>.</summary>
    public IDictionary<string, PlanOptions> Plans { get; set; } = new Dictionary<string, PlanOptions>(StringComparer.OrdinalIgnoreCase)
    {
        ["free"] = new()
        {
            Name = "Free", Rank = 0, LinksPerMonth = 50, Domains = 1, Members = 1, RawClickDays = 30,
        },
        ["pro"] = new()
        {
            Name = "Pro", Rank = 1, LinksPerMonth = 1_000, Domains = 3, Members = 5, RawClickDays = 365, Exports = true, ScheduledReports = true,
            Month = new() { Amount = 500 }, Year = new() { Amount = 5_000 },
        },
        ["business"] = new()
        {
            Name = "Business", Rank = 2, LinksPerMonth = 50_000, Domains = 50, Members = 50, RawClickDays = 1_095, Exports = true, ScheduledReports = true,
            Sso = true, AuditExport = true, ApiLimitFactor = 10, Month = new() { Amount = 3_900 }, Year = new() { Amount = 39_000 },
        },
    };

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (DefaultPlan.Length > 0 && !Plans.ContainsKey(DefaultPlan))
        {
            yield return new ValidationResult($"'{DefaultPlan}' is not a plan. Set it to one of {string.Join(", ", Plans.Keys)}, or leave it out.", [nameof(DefaultPlan)]);
        }

        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            yield return new ValidationResult($"'{PublicUrl}' is not an http or https address. Set it to where people reach LinkShort, e.g. https://links.example.com.", [nameof(PublicUrl)]);
        }

        if (!CurrencyCode().IsMatch(Currency))
        {
            yield return new ValidationResult($"'{Currency}' is not a currency. Set it to a code of ISO 4217 in lower case, such as usd.", [nameof(Currency)]);
        }

        foreach (var (key, plan) in Plans)
        {
            foreach (var (member, message) in plan.Faults())
            {
                yield return new ValidationResult(message, [$"{nameof(Plans)}__{key}__{member}"]);
            }

            if (!PlanKey().IsMatch(key))
            {
                yield return new ValidationResult($"'{key}' can't be the key of a plan. Use lower-case letters, digits and hyphens.", [$"{nameof(Plans)}__{key}"]);
            }
        }

        foreach (var same in Plans.GroupBy(plan => plan.Value.Rank).Where(group => group.Count() > 1))
        {
            var keys = same.Select(plan => plan.Key).Order(StringComparer.Ordinal).ToList();
            yield return new ValidationResult(
                $"is {same.Key}, as for {keys[0]}. Give each plan a rank of its own: it orders the plans from the smallest to the largest.", [$"{nameof(Plans)}__{keys[1]}__Rank"]);
        }
    }

    [GeneratedRegex("^[a-z]{3}$")]
    private static partial Regex CurrencyCode();

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,30}$")]
    private static partial Regex PlanKey();
}

/// <summary>A plan and what it allows. An empty number is unlimited.</summary>
public sealed class PlanOptions
{
    private const long MostMinorUnits = 100_000_000;

    /// <summary>As shown.</summary>
    public string Name { get; set; } = "";

    /// <summary>Orders the plans from the smallest to the largest.</summary>
    public int Rank { get; set; }

    public long? LinksPerMonth { get; set; }

    public int? Domains { get; set; }

    public int? Members { get; set; }

    public int? RawClickDays { get; set; }

    public bool Exports { get; set; }

    public bool ScheduledReports { get; set; }

    public bool Sso { get; set; }

    public bool AuditExport { get; set; }

    public int ApiLimitFactor { get; set; } = 1;

    public PriceOptions Month { get; set; } = new();

    public PriceOptions Year { get; set; } = new();

    internal IEnumerable<(string Member, string Message)> Faults()
    {
        if (Name.Length is 0 or > 40)
        {
            yield return (nameof(Name), "must have 1 to 40 characters, as shown to customers.");
        }

        foreach (var (member, value) in new (string, long?)[]
        {
            (nameof(LinksPerMonth), LinksPerMonth), (nameof(Domains), Domains), (nameof(Members), Members), (nameof(RawClickDays), RawClickDays),
        })
        {
            if (value is < 0 or > 1_000_000_000 || (value is 0 && member is nameof(Members) or nameof(RawClickDays)))
            {
                yield return (member, $"is {value}. Set it to a number from {(member is nameof(Members) or nameof(RawClickDays) ? 1 : 0)} to 1000000000, or leave it empty for unlimited.");
            }
        }

        if (ApiLimitFactor is < 1 or > 1_000)
        {
            yield return (nameof(ApiLimitFactor), $"is {ApiLimitFactor}. Set it to a number from 1 to 1000, by which rate limits are multiplied.");
        }

        foreach (var (member, price) in new[] { (nameof(Month), Month), (nameof(Year), Year) })
        {
            if (price.Amount is < 0 or > MostMinorUnits)
            {
                yield return ($"{member}__{nameof(PriceOptions.Amount)}", $"is {price.Amount}. Set it to an amount in minor units, such as 500 for $5.00; 0 if the plan isn't sold for this interval.");
            }
        }
    }

    internal Entitlements ToEntitlements(string key, IReadOnlyDictionary<string, string> upgradeTo) => new(
        key, LinksPerMonth, Domains, Members, RawClickDays, Exports, ScheduledReports, Sso, AuditExport, ApiLimitFactor)
    {
        UpgradeTo = upgradeTo,
    };
}

/// <summary>The price of a plan for an interval.</summary>
public sealed class PriceOptions
{
    /// <summary>Stripe's id, <c>price_…</c>. Former prices of the same plan and interval follow after commas: customers who pay them keep the plan.</summary>
    public string PriceId { get; set; } = "";

    internal IReadOnlyList<string> PriceIds => PriceId.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>In minor units; 0 if the plan isn't sold for this interval.</summary>
    public long Amount { get; set; }
}
