using LinkShort.Contracts;
using LinkShort.Identity.Accounts.DisposableEmail;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Privacy.Consents;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Identity.Accounts.Register;

public static class RegisterUser
{
    public sealed record Request
    {
        public required string Email { get; init; }

        public required string Password { get; init; }

        /// <summary>The user's display name; at most 100 characters.</summary>
        public string? Name { get; init; }

        /// <summary>en, ar, es, fr or de; default en.</summary>
        public string? Locale { get; init; }

        /// <summary>The user's decisions on the texts of /auth/consents.</summary>
        public IReadOnlyList<ConsentEndpoints.Choice>? Consents { get; init; }

        /// <summary>
        /// From the link in an invitation's email. It verifies the address, which must be the invited one, and the new account joins the
        /// workspace.
        /// </summary>
        public string? InvitationToken { get; init; }
    }

    /// <param name="WorkspaceId">The account's personal workspace.</param>
    /// <param name="JoinedWorkspaceId">The workspace of the invitation; null without one.</param>
    public sealed record Response(Guid UserId, Guid WorkspaceId, string Email, Guid? JoinedWorkspaceId);

    public static async Task<Results<Created<Response>, ProblemHttpResult>> HandleAsync(
        Request body, UserManager<User> users, Features features, DisposableEmailDomains disposable, SignUp signUp, HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!await features.IsEnabledAsync(ProductFeatures.Registrations, FeatureSubject.Anonymous, cancellationToken))
        {
            return Problems.RegistrationsClosed.Result();
        }

        var errors = new ValidationErrors();
        if (!disposable.TryAccept(body.Email, out var email, out var emailError))
        {
            errors.Add("email", emailError);
        }

        string? name = null;
        if (!string.IsNullOrWhiteSpace(body.Name) && !UnicodeText.TryParseLine(body.Name, User.MaxNameLength, out name, out var nameError))
        {
            errors.Add("name", nameError);
        }

        if (body.Locale is not null && !Locale.All.Contains(body.Locale))
        {
            errors.Add("locale", Locale.Error);
        }

        var consents = body.Consents ?? [];
        ConsentEndpoints.Check(consents, errors);
        foreach (var message in await Password.ProblemsAsync(users, new User { Email = email?.Value, Name = name }, body.Password))
        {
            errors.Add("password", message);
        }

        if (errors.Any)
        {
            // With the other errors, so that a form is corrected once.
            return email is null ? errors.ToResult() : await signUp.CheckTakenAsync(email, errors, users, context, cancellationToken) ?? errors.ToResult();
        }

        var account = new NewAccount(email!, name, body.Locale ?? Locale.Default);
        return await signUp.RegisterAsync(account, new SignUp.Entry(body.Password, consents, body.InvitationToken), users, context, cancellationToken);
    }
}
