using LinkShort.Contracts;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Data;

namespace LinkShort.Identity.SignIn.Notices;

/// <summary>The places that accounts are used from. Owners are notified of new ones, and strangers can't lock known ones out.</summary>
public sealed class KnownOrigins(SecurityNotices notices, TimeProvider time)
{
    /// <summary>A place that isn't used for this long is forgotten.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(180);

    /// <summary>Records the place of a sign-in, in its transaction.</summary>
    public async Task RecordAsync(UnitOfWork work, Guid userId, SessionOrigin origin, CancellationToken cancellationToken)
    {
        var place = new
        {
            userId,
            Network = origin.Network ?? "",
            Browser = origin.Browser ?? "",
            Os = origin.Os ?? "",
            Country = origin.Country ?? "",
            Now = time.GetUtcNow(),
        };
        // Phones change networks many times a day: a new network in a known country isn't a new place.
        var isNews = await work.ExecuteScalarAsync<bool?>(
            """
            select bool_and(browser <> @Browser or os <> @Os) or bool_and(network <> @Network and (country = '' or country <> @Country))
            from known_origins where user_id = @userId
            """,
            place, cancellationToken);
        await work.ExecuteAsync(
            """
            insert into known_origins as k (user_id, network, browser, os, country, first_seen_at, last_seen_at)
            values (@userId, @Network, @Browser, @Os, @Country, @Now, @Now)
            on conflict (user_id, network, browser, os) do update set last_seen_at = @Now, country = @Country
            """,
            place, cancellationToken);
        // The first place is where the account was created.
        if (isNews == true)
        {
            await notices.RaiseAsync(work, userId, SecurityNoticeKinds.NewSignIn, cancellationToken: cancellationToken);
        }
    }
}
