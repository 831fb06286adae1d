using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Data;
using LinkShort.Values;

namespace LinkShort.Identity.SignIn.Notices;

/// <summary>Emails users about changes of their account, with device and network, in their language.</summary>
public sealed class SecurityNotices(IHttpContextAccessor contexts, TimeProvider time)
{
    /// <summary>The email is sent if the transaction commits. A deleted account gets none.</summary>
    /// <param name="kind">One of <see cref="SecurityNoticeKinds"/>.</param>
    /// <param name="detail">See the kind.</param>
    /// <param name="role">For notices about memberships.</param>
    /// <param name="byOperator">Omits the operator's device and network.</param>
    /// <param name="email">The recipient if not the account's current address, such as its previous one.</param>
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
