using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.FeatureManagement.FeatureFilters;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>For whom a feature is asked.</summary>
/// <param name="User">Null for who isn't signed in: only rules without any condition mean them.</param>
public sealed record FeatureSubject(Guid? User, Guid? Workspace, string? Plan)
{
    public static readonly FeatureSubject Anonymous = new(null, null, null);

    public static FeatureSubject Of(CurrentUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return new FeatureSubject(user.Id, user.WorkspaceId, user.Plan);
    }

    /// <summary>As the library asks: its user is whom percentages and variants count by.</summary>
    internal Targeted For(FeatureFlag flag) => new(this, (flag.Subject == FeatureSubjects.Workspace ? Workspace : User)?.ToString());

    internal sealed class Targeted(FeatureSubject subject, string? id) : ITargetingContext
    {
        public FeatureSubject Subject => subject;

        public string? UserId { get; set; } = id;

        public IEnumerable<string> Groups { get; set; } = [];
    }
}
