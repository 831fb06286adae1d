using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Values;

namespace LinkShort.Identity.SignIn.Notices;

/// <summary>Tells people by mail what was done to their account, from which device and network, in their language.</summary>
public sealed class SecurityNotices(IHttpContextAccessor contexts, TimeProvider time)
{
    /// <summary>The mail leaves if the transaction commits. Somebody who has no account any more hears nothing.</summary>
    /// <param name="kind">One of <see cref="SecurityNoticeKinds"/>.</param>
    /// <param name="detail">What it was about; see the kind.</param>
    /// <param name="role">In notices about membership.</param>
    /// <param name="byOperator">Device and network are none of the person's business then.</param>
    /// <param name="email">Another address than the account's, as the one that it had before.</param>
    public async Task RaiseAsync(
        UnitOfWork work,
        Guid userId,
        string kind,
        string? detail = null,
        string? role = null,
        string? email = null,
        bool byOperator = false,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        var owner = await work.QuerySingleOrDefaultAsync<Owner>(
            "select email, name, locale from users where id = @userId", new { userId }, cancellationToken);
        if (owner is null)
        {
            return;
        }

        var now = time.GetUtcNow();
        var context = byOperator ? null : contexts.HttpContext;
        work.Publish(new SecurityNoticeRaised(
            Guid.CreateVersion7(now),
            userId,
            email ?? owner.Email,
            owner.Name,
            owner.Locale,
            kind,
            now,
            DeviceName.Of(context?.Request.Headers.UserAgent.ToString()),
            NetworkPrefix.Coarse(context?.Connection.RemoteIpAddress),
            detail)
        {
            Role = role,
        });
    }

    private sealed record Owner(string Email, string? Name, string Locale);
}
