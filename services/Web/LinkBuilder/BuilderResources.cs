using LinkShort.Contracts;

namespace LinkShort.Web.LinkBuilder;

/// <param name="Status">available, taken, reserved or invalid.</param>
/// <param name="Reason">Why the code can't be used, in the viewer's language.</param>
public sealed record CodeAvailability(string Code, string Status, string? Reason, IReadOnlyList<string> Suggestions);

/// <param name="Title">Null for none.</param>
public sealed record PageTitle(string? Title);

public sealed record UtmTemplate(Guid Id, string Name, LinkUtm Utm)
{
    /// <summary>The values in the order of the form's fields.</summary>
    public IReadOnlyList<(string Name, string? Value)> Values =>
        [("source", Utm.Source), ("medium", Utm.Medium), ("campaign", Utm.Campaign), ("term", Utm.Term), ("content", Utm.Content)];
}
