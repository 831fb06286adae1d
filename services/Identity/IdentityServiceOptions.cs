using System.ComponentModel.DataAnnotations;

namespace LinkShort.Identity;

/// <summary>Every setting of identity, under <c>Identity__…</c>. Times are written <c>d.hh:mm:ss</c>.</summary>
public sealed class IdentityServiceOptions : IValidatableObject
{
    public const string Section = "Identity";

    /// <summary>The lifetime of an access token. Keep it short: a service that misses a revocation accepts the token until then.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "01:00:00", ErrorMessage = "must be from 00:01:00 to 01:00:00.")]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>A session that isn't refreshed for this long ends.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "365.00:00:00", ErrorMessage = "must be from 00:10:00 to 365.00:00:00.")]
    public TimeSpan SessionIdleLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>Even an active session ends after this, and requires a new sign-in.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "365.00:00:00", ErrorMessage = "must be from 00:10:00 to 365.00:00:00.")]
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(90);

    /// <summary>
    /// How long after its first use a reused refresh token is only refused, instead of ending the session. Zero (strict)
    /// by default: a client must serialise its own refreshes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "must be from 00:00:00 to 00:01:00.")]
    public TimeSpan RefreshReuseGrace { get; set; }

    /// <summary>Consecutive wrong passwords from one place that lock the account for that place.</summary>
    [Range(1, 100, ErrorMessage = "must be from 1 to 100.")]
    public int LockoutAttempts { get; set; } = 5;

    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be from 00:00:01 to 1.00:00:00.")]
    public TimeSpan LockoutDuration { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Each further lockout within a day is twice as long, up to this.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "must be from 00:00:01 to 1.00:00:00.")]
    public TimeSpan LockoutMaxDuration { get; set; } = TimeSpan.FromHours(1);

    [Range(8, 64, ErrorMessage = "must be from 8 to 64.")]
    public int PasswordMinLength { get; set; } = 8;

    /// <summary>PBKDF2-HMAC-SHA512 iterations; OWASP's password storage cheat sheet recommends 210,000. A higher number applies at each user's next sign-in.</summary>
    [Range(100_000, 10_000_000, ErrorMessage = "must be from 100000 to 10000000.")]
    public int PasswordHashIterations { get; set; } = 210_000;

    [Range(typeof(TimeSpan), "00:05:00", "30.00:00:00", ErrorMessage = "must be from 00:05:00 to 30.00:00:00.")]
    public TimeSpan EmailVerificationLifetime { get; set; } = TimeSpan.FromDays(3);

    [Range(typeof(TimeSpan), "00:05:00", "1.00:00:00", ErrorMessage = "must be from 00:05:00 to 1.00:00:00.")]
    public TimeSpan PasswordResetLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Both addresses must confirm a change within this.</summary>
    [Range(typeof(TimeSpan), "00:05:00", "30.00:00:00", ErrorMessage = "must be from 00:05:00 to 30.00:00:00.")]
    public TimeSpan EmailChangeLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// True: signing up with an address that has an account returns 409. False: it returns an ordinary response, the owner of the address
    /// gets an email, and accounts can't sign in before their address is verified.
    /// </summary>
    public bool RevealTakenEmails { get; set; } = true;

    /// <summary>
    /// Breached passwords to refuse in addition to the built-in list: SHA-1 in upper-case hex, one per line, sorted, optionally followed by a
    /// colon and a count, as Have I Been Pwned's downloader writes it.
    /// </summary>
    public string? BreachedPasswordsFile { get; set; }

    /// <summary>Refuses addresses of disposable-mailbox providers: a built-in list, and the file's.</summary>
    public bool RefuseDisposableEmail { get; set; }

    /// <summary>Further domains, one per line, that <see cref="RefuseDisposableEmail"/> refuses, with their subdomains.</summary>
    public string? DisposableEmailDomainsFile { get; set; }

    /// <summary>The age at which a signing key is replaced.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00", ErrorMessage = "must be from 00:01:00 to 365.00:00:00.")]
    public TimeSpan SigningKeyMaxAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long a new key is published before it signs, so that every replica publishes it by then.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "1.00:00:00", ErrorMessage = "must be from 00:00:00.5 to 1.00:00:00.")]
    public TimeSpan SigningKeyLead { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a replica reads the signing keys, and checks whether one is due for replacement.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "must be from 00:00:00.1 to 01:00:00.")]
    public TimeSpan SigningKeyCheckInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How many workspaces a user may own besides the personal one, unless MaxWorkspacesByPlan has the plan.</summary>
    [Range(0, 10_000, ErrorMessage = "must be from 0 to 10000.")]
    public int MaxWorkspaces { get; set; } = 10;

    /// <summary>By the plan of the personal workspace: <c>Identity__MaxWorkspacesByPlan__pro=50</c>.</summary>
    public Dictionary<string, int> MaxWorkspacesByPlan { get; } = new(StringComparer.Ordinal);

    /// <summary>How long a deleted workspace can be restored before it is erased.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00", ErrorMessage = "must be from 00:00:00 to 365.00:00:00.")]
    public TimeSpan WorkspaceGracePeriod { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How often a replica erases workspaces that are due.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00", ErrorMessage = "must be from 00:00:00.1 to 1.00:00:00.")]
    public TimeSpan WorkspaceErasureInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the link in an invitation works.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "90.00:00:00", ErrorMessage = "must be from 00:10:00 to 90.00:00:00.")]
    public TimeSpan InvitationLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How many open invitations a workspace can have.</summary>
    [Range(1, 10_000, ErrorMessage = "must be from 1 to 10000.")]
    public int MaxOpenInvitations { get; set; } = 100;

    /// <summary>Invitations that a workspace, and an inviter across all workspaces, may send per hour.</summary>
    [Range(1, 10_000, ErrorMessage = "must be from 1 to 10000.")]
    public int InvitationMailsPerHour { get; set; } = 30;

    /// <summary>Invitations that one address gets per day, from all senders together.</summary>
    [Range(1, 1_000, ErrorMessage = "must be from 1 to 1000.")]
    public int InvitationMailsPerAddressAndDay { get; set; } = 5;

    /// <summary>
    /// Encrypts the Data Protection keys in the database, so that a copy of the database alone can't sign tokens. Empty: derived from
    /// <c>Internal__Key</c>. After a change, identity creates new keys, and data encrypted with the old ones can't be read any more.
    /// </summary>
    public string DataProtectionKey { get; set; } = "";

    public int WorkspaceLimitOf(string plan) => MaxWorkspacesByPlan.GetValueOrDefault(plan, MaxWorkspaces);

    /// <returns>The smallest plan that allows more; null when none does.</returns>
    public string? PlanWithMoreWorkspacesThan(int owned) =>
        MaxWorkspacesByPlan.Where(plan => plan.Value > owned).OrderBy(plan => plan.Value).Select(plan => plan.Key).FirstOrDefault();

    /// <summary>The public URL of LinkShort. Passkeys are bound to its host: changing the host loses all of them.</summary>
    public string PublicUrl { get; set; } = "http://localhost:8080";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Uri.TryCreate(PublicUrl, UriKind.Absolute, out var site) || site.Scheme is not ("http" or "https"))
        {
            yield return new ValidationResult($"'{PublicUrl}' is not an http or https address. Set it to where people reach LinkShort, e.g. https://links.example.com.", [nameof(PublicUrl)]);
        }

        if (SigningKeyLead < SigningKeyCheckInterval * 2)
        {
            yield return new ValidationResult(
                $"must be at least twice SigningKeyCheckInterval ({SigningKeyCheckInterval}): otherwise a replica could see tokens of a key that it doesn't publish yet.",
                [nameof(SigningKeyLead)]);
        }

        if (SessionLifetime < SessionIdleLifetime)
        {
            yield return new ValidationResult($"must not be shorter than SessionIdleLifetime ({SessionIdleLifetime}).", [nameof(SessionLifetime)]);
        }

        foreach (var (plan, limit) in MaxWorkspacesByPlan)
        {
            if (limit is < 0 or > 10_000)
            {
                yield return new ValidationResult("must be from 0 to 10000.", [$"{nameof(MaxWorkspacesByPlan)}:{plan}"]);
            }
        }

        if (BreachedPasswordsFile is { Length: > 0 } passwords && Accounts.BreachedPasswords.SortedHashFile.Problem(passwords) is { } wrong)
        {
            yield return new ValidationResult(wrong, [nameof(BreachedPasswordsFile)]);
        }

        if (DisposableEmailDomainsFile is { Length: > 0 } domains && !File.Exists(domains))
        {
            yield return new ValidationResult($"'{domains}' is not a readable file. Set it to a text file with one domain per line, or leave it empty.", [nameof(DisposableEmailDomainsFile)]);
        }

        if (DataProtectionKey.Length is > 0 and < 32)
        {
            yield return new ValidationResult("is too short. Set it to at least 32 random characters, or leave it empty.", [nameof(DataProtectionKey)]);
        }
    }
}
