namespace LinkShort.Contracts;

/// <summary>A feature that the product asks for by name. Operators decide about it in its flag.</summary>
/// <param name="Name">Of the flag.</param>
/// <param name="Fallback">
/// The state without a flag, and until this replica has read the flags from identity for the first time.
/// True for features that operators may turn off, false for features that are being rolled out.
/// </param>
public sealed record Feature(string Name, bool Fallback);

/// <summary>The features that the product evaluates. Clients can have flags of other names evaluated by <c>GET /api/v1/me/features</c>.</summary>
public static class ProductFeatures
{
    /// <summary>Whether new users can sign up. Evaluated by identity, without a subject: only rules without conditions apply.</summary>
    public static readonly Feature Registrations = new("registrations", Fallback: true);

    /// <summary>Whether users can create links, to stop a wave of spam. Evaluated by links.</summary>
    public static readonly Feature LinkCreation = new("link-creation", Fallback: true);

    /// <summary>The tour of the app for new accounts. Asked by web.</summary>
    public static readonly Feature OnboardingTour = new("onboarding-tour", Fallback: true);
}
