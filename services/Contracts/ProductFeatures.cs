namespace LinkShort.Contracts;

/// <summary>A feature that the product asks for by name. Operators decide about it in its flag.</summary>
/// <param name="Name">Of the flag.</param>
/// <param name="Fallback">
/// What counts while nobody has told this replica of the flag: before identity was reached for the first time, and without such a flag.
/// True for what only an operator's hand turns off, false for what is being rolled out.
/// </param>
public sealed record Feature(string Name, bool Fallback);

/// <summary>What the product asks for. Flags with other names are evaluated too: for clients, by <c>GET /api/v1/me/features</c>.</summary>
public static class ProductFeatures
{
    /// <summary>Whether strangers can sign up. Asked by identity, where there is nobody yet for a rule to mean.</summary>
    public static readonly Feature Registrations = new("registrations", Fallback: true);

    /// <summary>Whether somebody can create links: operators stop a wave of spam with it. Asked by links.</summary>
    public static readonly Feature LinkCreation = new("link-creation", Fallback: true);

    /// <summary>The tour of the app for new accounts. Asked by web.</summary>
    public static readonly Feature OnboardingTour = new("onboarding-tour", Fallback: true);
}
