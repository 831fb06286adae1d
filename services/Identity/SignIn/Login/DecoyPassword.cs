using LinkShort.Identity.Domain;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SignIn.Login;

/// <summary>A hash to verify passwords against when there is no account, so that the response time doesn't reveal which addresses exist.</summary>
public sealed class DecoyPassword
{
    private static readonly User Nobody = new();

    private readonly PasswordHasher<User> _hasher;
    private readonly string _hash;

    public DecoyPassword(IOptions<PasswordHasherOptions> options)
    {
        // The default hasher is scoped; this one has the same settings.
        _hasher = new PasswordHasher<User>(options);
        _hash = _hasher.HashPassword(Nobody, Guid.NewGuid().ToString());
    }

    public void Verify(string password) => _hasher.VerifyHashedPassword(Nobody, _hash, password);
}
