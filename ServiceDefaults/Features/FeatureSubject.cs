using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.FeatureManagement.FeatureFilters;

namespace LinkShort.ServiceDefaults.Features;

/// <summary>The user and workspace that a feature is evaluated for.</summary>
/// <param name="User">Null for anonymous callers, to whom only rules without conditions apply.</param>
public sealed record FeatureSubject(Guid? User, Guid? Workspace, string? Plan)
{
    public static readonly FeatureSubject Anonymous = new(null, null, null);

    public static FeatureSubject Of(CurrentUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return new FeatureSubject(user.Id, user.WorkspaceId, user.Plan);
    }

    /// <summary>The library's targeting context. Percentages and variants are assigned by its user.</summary>
    internal Targeted For(FeatureFlag flag) => new(this, (flag.Subject == FeatureSubjects.Workspace ? Workspace : User)?.ToString());

    internal sealed class Targeted(FeatureSubject subject, string? id) : ITargetingContext
    {
        public FeatureSubject Subject => subject;

        public string? UserId { get; set; } = id;

        public IEnumerable<string> Groups { get; set; } = [];
    }
}
