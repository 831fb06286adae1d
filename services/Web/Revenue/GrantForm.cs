using System.Globalization;
using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Revenue;

/// <param name="EndsAt">Null for no end.</param>
public sealed record GrantChange(string Plan, string Reason, DateTimeOffset? EndsAt);

/// <summary>The form that grants a plan. Times are UTC, in the format of <c>datetime-local</c>.</summary>
public sealed record GrantForm
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    public string? Plan { get; init; }

    public string? Reason { get; init; }

    public string? EndsAt { get; init; }

    public static GrantForm Of(PlanGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        return new GrantForm
        {
            Plan = grant.Plan, Reason = grant.Reason, EndsAt = grant.EndsAt?.UtcDateTime.ToString(Formats[0], CultureInfo.InvariantCulture),
        };
    }

    /// <returns>The change, and the error of an end that can't be sent.</returns>
    public (GrantChange Change, ApiProblem? Problem) ToChange(Texts texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        DateTimeOffset? end = null;
        if (!string.IsNullOrWhiteSpace(EndsAt))
        {
            if (!DateTimeOffset.TryParseExact(EndsAt, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return (new GrantChange("", "", null), ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "endsAt", texts["administration.timeInvalid"]));
            }

            end = time;
        }

        return (new GrantChange(Plan ?? "", Reason ?? "", end), null);
    }
}
