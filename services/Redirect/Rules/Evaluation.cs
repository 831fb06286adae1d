using LinkShort.Redirect.Routing;
using LinkShort.Visitors;

namespace LinkShort.Redirect.Rules;

/// <summary>What a visitor gets.</summary>
public enum Step
{
    /// <summary>Nothing: not active yet.</summary>
    NotYet,

    /// <summary>Nothing any more: taken out of service.</summary>
    Disabled,

    /// <summary>Nothing any more: past its time, or its clicks used up; <see cref="Verdict.To"/> if the owner says where to go instead.</summary>
    Expired,

    /// <summary>The form for the password.</summary>
    Password,

    /// <summary>The owner's Open Graph page.</summary>
    Preview,

    /// <summary>Sent to <see cref="Verdict.To"/>.</summary>
    Redirect,
}

/// <param name="To">For <see cref="Step.Redirect"/>, and for <see cref="Step.Expired"/> where the owner named an address.</param>
/// <param name="Variant">Name of the A/B variant that the visitor belongs to, also if it is the control group.</param>
public readonly record struct Verdict(Step Step, Target? To = null, string? Variant = null);

/// <summary>What only stores outside know, asked before: whether the link's clicks are used up, and whether this visitor must still give the password.</summary>
public readonly record struct Gates(bool IsUsedUp, bool IsLocked);

/// <summary>
/// The documented order, free of HTTP and of waiting: disabled → not yet active → expired → click limit → password → preview crawler →
/// deep link → A/B variant → rules → destination. The first that applies decides.
/// </summary>
public static class Evaluation
{
    /// <param name="route">A link with behaviour: plain ones are <see cref="Decision"/>'s.</param>
    public static Verdict Decide(Route route, Visit visit, Gates gates, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(route);
        ArgumentNullException.ThrowIfNull(visit);
        var plan = route.Plan!;
        var expired = new Verdict(Step.Expired, plan.To.Expired);
        return Decision.Decide(route, now) switch
        {
            Outcome.Gone => new Verdict(Step.Disabled),
            Outcome.NotFound => new Verdict(Step.NotYet),
            Outcome.Expired => expired,
            _ when gates.IsUsedUp => expired,
            _ when gates.IsLocked => new Verdict(Step.Password),
            _ when plan.Behavior.Preview is not null && visit.Class == ClickClass.Preview => new Verdict(Step.Preview),
            _ => Choose(plan.To, route.LinkId, visit, now),
        };
    }

    /// <summary>The app that this visitor is sent to, if nothing comes before.</summary>
    public static Target? DeepLinkOf(Plan plan, Visit visit)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(visit);
        return DeepLinkOf(plan.To, visit);
    }

    private static Verdict Choose(Plan.Targets targets, Guid linkId, Visit visit, DateTimeOffset now)
    {
        if (DeepLinkOf(targets, visit) is { } app)
        {
            return new Verdict(Step.Redirect, app);
        }

        var variant = targets.HasVariants ? targets.VariantOf(visit.Draw(linkId)) : null;
        if (variant?.To is { } url)
        {
            return new Verdict(Step.Redirect, url, variant.Name);
        }

        foreach (var (when, to) in targets.Rules)
        {
            if (when.Holds(visit, now))
            {
                return new Verdict(Step.Redirect, to, variant?.Name);
            }
        }

        return new Verdict(Step.Redirect, targets.Destination, variant?.Name);
    }

    private static Target? DeepLinkOf(Plan.Targets targets, Visit visit) =>
        // A crawler that says it is a phone has no apps: it is shown where the link leads.
        (targets.Ios ?? targets.Android) is null || visit.Class.IsBot() ? null : visit.Agent.Os switch
        {
            "iOS" => targets.Ios,
            "Android" => targets.Android,
            _ => null,
        };
}
