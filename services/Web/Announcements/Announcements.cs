using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Announcements;

public sealed record ShownAnnouncement(Guid Id, string Text, string Language, string Level, bool Dismissible);

/// <param name="Total">With those that the visitor has put away.</param>
public sealed record ShownAnnouncements(IReadOnlyList<ShownAnnouncement> Items, int Total);

/// <summary>
/// Whether there is anything to say at all, asked once in ten seconds for everybody: most of the time there is not, and no page waits for it.
/// </summary>
public sealed class AnnouncementBoard(TimeProvider time)
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);

    private long _asked;
    private volatile bool _isEmpty;

    public bool IsKnownEmpty => _isEmpty && Volatile.Read(ref _asked) is not 0 and var asked && time.GetElapsedTime(asked) < Freshness;

    /// <param name="total">As everybody sees it: not what one person has left after putting some away.</param>
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
        // Gone already is as good as put away.
        return result.Problem is { Status: not StatusCodes.Status404NotFound } problem ? new ProblemPage(problem) : Redirect.To(ReturnUrl.Checked(form.ReturnUrl));
    }
}
