using LinkShort.Web.Sessions;

namespace LinkShort.Web.Invitations;

/// <summary>An invitation that its recipient has accepted, and that waits for them to sign in. Its token is in no URL.</summary>
/// <param name="Email">The invited address, for the form of the sign-in page.</param>
public sealed record InvitationNote(string Token, string Email)
{
    private const string Cookie = "linkshort-invitation";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    public static async Task KeepAsync(HttpContext context, SealedNotes notes, InvitationNote note) =>
        HostCookie.Write(context, Cookie, await notes.StoreAsync(note, Lifetime), Lifetime);

    public static Task<InvitationNote?> FindAsync(HttpContext context, SealedNotes notes) => notes.FindAsync<InvitationNote>(HostCookie.Read(context, Cookie));

    /// <summary>Reads it and deletes it.</summary>
    public static async Task<InvitationNote?> TakeAsync(HttpContext context, SealedNotes notes)
    {
        var note = await notes.TakeAsync<InvitationNote>(HostCookie.Read(context, Cookie));
        HostCookie.Delete(context, Cookie);
        return note;
    }
}
