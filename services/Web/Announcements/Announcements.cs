using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Announcements;

public sealed record ShownAnnouncement(Guid Id, string Text, string Language, string Level, bool Dismissible);

/// <param name="Total">Including those that the visitor dismissed.</param>
public sealed record ShownAnnouncements(IReadOnlyList<ShownAnnouncement> Items, int Total);

/// <summary>
/// Remembers for ten seconds whether there are any announcements. Usually there are none, and then no page waits for them.
/// </summary>
public sealed class AnnouncementBoard(TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);

    private long _asked;
    private volatile bool _isEmpty;

    public bool IsKnownEmpty => _isEmpty && Volatile.Read(ref _asked) is not 0 and var asked && time.GetElapsedTime(asked) < Freshness;

    /// <param name="total">For all users, regardless of what one user dismissed.</param>
    public void Remember(int total)
    {
        _isEmpty = total == 0;
        Volatile.Write(ref _asked, time.GetTimestamp());
    }
}

public static class AnnouncementEndpoints
{
    public static void MapAnnouncements(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/app/announcements/{id:guid}/dismiss", DismissAsync).RequireAuthorization();

    public sealed class DismissForm
    {
        public string? ReturnUrl { get; init; }
    }

    public static async Task<Results<Redirect, ProblemPage>> DismissAsync(
        Guid id, [FromForm] DismissForm form, LinkShortApi api, CancellationToken cancellationToken)
    {
        var result = await api.DismissAnnouncementAsync(id, cancellationToken);
        // A deleted announcement needs no dismissing.
        return result.Problem is { Status: not StatusCodes.Status404NotFound } problem ? new ProblemPage(problem) : Redirect.To(ReturnUrl.Checked(form.ReturnUrl));
    }
}
