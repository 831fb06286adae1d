using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Identity.Accounts.Profile;

/// <summary>The values of users' own settings.</summary>
public static class Preferences
{
    public const string Open = "open";

    public static readonly IReadOnlyList<string> Themes = ["light", "dark"];

    /// <summary>States of the tour for new accounts.</summary>
    public static readonly IReadOnlyList<string> OnboardingStates = [Open, "dismissed", "completed"];

    /// <param name="timeZone">Null for the device's.</param>
    public static void CheckTimeZone(string? timeZone, ValidationErrors errors)
    {
        if (timeZone is not null && !TimeZones.TryFind(timeZone, out _))
        {
            errors.Add("timeZone", IdentityTexts.Of("accounts.timeZone"));
        }
    }

    /// <param name="theme">Null for the device's.</param>
    public static void CheckTheme(string? theme, ValidationErrors errors)
    {
        if (theme is not null && !Themes.Contains(theme))
        {
            errors.Add("theme", IdentityTexts.Of("accounts.theme"));
        }
    }

    public static void CheckOnboarding(string? state, ValidationErrors errors)
    {
        if (state is null || !OnboardingStates.Contains(state))
        {
            errors.Add("onboarding", FieldRules.OneOf(OnboardingStates));
        }
    }
}
