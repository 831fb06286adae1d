using LinkShort.Identity.Accounts.RequestedMail;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Identity.Accounts.EmailVerification;

public static class ResendVerification
{
    public sealed record Request
    {
        public required string Email { get; init; }
    }

    /// <summary>Responds the same, and as fast, whether or not the address has an account and is verified.</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> HandleAsync(
        Request body, MailRequests mailRequests, HttpContext context, CancellationToken cancellationToken)
    {
        if (!EmailAddress.TryParse(body.Email, out var email, out var error))
        {
            return ValidationErrors.Of("email", error);
        }

        return await mailRequests.AddAsync(MailRequestKinds.Verification, email, context, cancellationToken) is { } wait ? wait : TypedResults.NoContent();
    }
}
