using LinkShort.Identity.Domain;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>Compares the password of a sign-in, in the same time for addresses with and without an account.</summary>
public sealed class PasswordCheck(UserManager<User> users, DecoyPassword decoy, IOptions<IdentityServiceOptions> options)
{
    /// <returns>The account of the address, if any, and whether the password signs it in.</returns>
    public async Task<(User? User, bool Matches)> CheckAsync(EmailAddress email, string password)
    {
        var user = await users.FindByEmailAsync(email.Value);
        if (user?.PasswordHash is null)
        {
            // No account, or one without a password.
            decoy.Verify(password);
            return (user, false);
        }

        // Where taken addresses are hidden, an unverified account is refused like someone else's: otherwise signing up and then signing in
        // would reveal them.
        var matches = await users.CheckPasswordAsync(user, password) && (options.Value.RevealTakenEmails || user.EmailConfirmed);
        return (user, matches);
    }
}
