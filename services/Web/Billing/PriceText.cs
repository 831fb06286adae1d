using LinkShort.Localization;
using LinkShort.Web.Layout;

namespace LinkShort.Web.Billing;

/// <summary>A price with its interval: <c>$5.00 a month</c>.</summary>
public static class PriceText
{
    /// <param name="amount">In minor units.</param>
    public static string Of(long amount, string currency, string interval, Viewer viewer, Texts texts) =>
        texts["billing.price." + Intervals.Of(interval), ("amount", viewer.Money(amount, currency))];
}
