using LinkShort.Web.Layout;
using LinkShort.Web.Sessions;

namespace LinkShort.Web.Links;

/// <summary>
/// The links that an undo changes back. As many as can be changed at once don't fit into the cookie of the message that offers it, so they are
/// kept on the server, for the session that changed them.
/// </summary>
public sealed class LinkUndo(SealedNotes notes, CurrentSession session)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private string Owner => session.Id ?? "";

    /// <param name="reverse">What undoes the change, as in the form of <see cref="ManyLinksEndpoints"/>.</param>
    /// <param name="more">Its other fields.</param>
    public async Task<FlashUndo> OfferAsync(string reverse, IReadOnlyList<Guid> links, params IEnumerable<FlashField> more) =>
        new(ManyLinksEndpoints.Path, [new("Do", reverse), new("Undo", await notes.StoreAsync(new UndoneLinks(links), Lifetime, Owner)), .. more]);

    /// <returns>Empty if it has expired, or is of another session.</returns>
    public async Task<IReadOnlyList<Guid>> FindAsync(string kept) => (await notes.FindAsync<UndoneLinks>(kept, Owner))?.Ids ?? [];

    private sealed record UndoneLinks(IReadOnlyList<Guid> Ids);
}
