using LinkShort.Redirect.Routing;
using LinkShort.Visitors;

namespace LinkShort.Redirect.Rules;

/// <summary>The kind of answer to a visitor.</summary>
public enum Step
{
    /// <summary>Not found: not active yet.</summary>
    NotYet,

    /// <summary>Gone: archived.</summary>
    Disabled,

    /// <summary>Expired, or its click limit is reached; redirects to <see cref="Verdict.To"/> if the owner set a URL for that.</summary>
    Expired,

    /// <summary>The password form.</summary>
    Password,

    /// <summary>The owner's Open Graph page, which sends people on to <see cref="Verdict.To"/>.</summary>
    Preview,

    /// <summary>A redirect to <see cref="Verdict.To"/>.</summary>
    Redirect,
}

/// <param name="To">For <see cref="Step.Redirect"/> and <see cref="Step.Preview"/>, and for <see cref="Step.Expired"/> if the owner set a URL.</param>
/// <param name="Variant">Name of the visitor's A/B variant, the control group included.</param>
/// <param name="Rule">Index of the rule that matched; null for none.</param>
public readonly record struct Verdict(Step Step, Target? To = null, string? Variant = null, int? Rule = null);

/// <summary>Facts from external stores: whether the click limit is reached, and whether this visitor must still enter the password.</summary>
public readonly record struct Gates(bool IsUsedUp, bool IsLocked);

/// <summary>
/// Decides in the documented order, without HTTP or I/O: disabled → not yet active → expired → click limit → password → preview crawler →
/// deep link → A/B variant → rules → destination. The first that applies decides.
/// </summary>
public static class Evaluation
{
    /// <param name="route">A link with behaviour; <see cref="Decision"/> handles plain ones.</param>
    /// <param name="draw">Chooses the variant; by default <see cref="Visit.Draw"/>.</param>
    public static Verdict Decide(Route route, Visit visit, Gates gates, DateTimeOffset now, ulong? draw = null)
    {
        var plan = route.Plan!;
        var expired = new Verdict(Step.Expired, plan.To.Expired);
        return Decision.Decide(route, now) switch
        {
            Outcome.Gone => new Verdict(Step.Disabled),
            Outcome.NotFound => new Verdict(Step.NotYet),
            Outcome.Expired => expired,
            _ when gates.IsUsedUp => expired,
            _ when gates.IsLocked => new Verdict(Step.Password),
            _ when plan.Behavior.Preview is not null && visit.Class == ClickClass.Preview =>
                Choose(plan.To, route.LinkId, visit, now, draw) with { Step = Step.Preview, Variant = null },
            _ => Choose(plan.To, route.LinkId, visit, now, draw),
        };
    }

    /// <summary>The deep link for this visitor's operating system; null for none.</summary>
    public static Target? DeepLinkOf(Plan plan, Visit visit)
    {
        return DeepLinkOf(plan.To, visit);
    }

    private static Verdict Choose(Plan.Targets targets, Guid linkId, Visit visit, DateTimeOffset now, ulong? draw)
    {
        if (DeepLinkOf(targets, visit) is { } app)
        {
            return new Verdict(Step.Redirect, app);
        }

        var variant = targets.HasVariants ? targets.VariantOf(draw ?? visit.Draw(linkId)) : null;
        if (variant?.To is { } url)
        {
            return new Verdict(Step.Redirect, url, variant.Name);
        }

        for (var i = 0; i < targets.Rules.Length; i++)
        {
            if (targets.Rules[i].When.Holds(visit, now))
            {
                return new Verdict(Step.Redirect, targets.Rules[i].To, variant?.Name, i);
            }
        }

        return new Verdict(Step.Redirect, targets.Destination, variant?.Name);
    }

    private static Target? DeepLinkOf(Plan.Targets targets, Visit visit) =>
        // A crawler that claims to be a phone has no apps, so it gets the destination.
        (targets.Ios ?? targets.Android) is null || visit.Class.IsBot() ? null : visit.Agent.Os switch
        {
            "iOS" => targets.Ios,
            "Android" => targets.Android,
            _ => null,
        };
}
