using LinkShort.Contracts;
using LinkShort.Values;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// Compares a password with a link's hash. That takes tens of milliseconds of CPU by design, so only a few comparisons run at a time:
/// redirects need the processors too.
/// </summary>
public sealed partial class LinkPasswordHasher(ILogger<LinkPasswordHasher> logger) : IDisposable
{
    private const int MaxWaiting = 32;

    private static readonly LinkBehavior Unused = new();

    private readonly PasswordHasher<LinkBehavior> _hasher = new();
    private readonly SemaphoreSlim _running = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _waiting;

    /// <returns>Null if too many comparisons are waiting.</returns>
    public async Task<bool?> IsRightAsync(string passwordHash, string password, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return null;
        }

        try
        {
            await _running.WaitAsync(cancellationToken);
            try
            {
                // Off the thread that reads requests.
                return await Task.Run(() => IsRight(passwordHash, password), cancellationToken);
            }
            catch (FormatException exception)
            {
                Log.Malformed(logger, exception.Message);
                return false;
            }
            finally
            {
                _running.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _running.Dispose();

    private bool IsRight(string passwordHash, string password)
    {
        var composed = PasswordText.Compose(password);
        // Hashes of links that were protected before passwords were composed are of the password as typed.
        return Matches(composed) || (composed != password && Matches(password));

        bool Matches(string candidate) => _hasher.VerifyHashedPassword(Unused, passwordHash, candidate) != PasswordVerificationResult.Failed;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A link can't be opened because its password hash is malformed: {Reason}")]
        public static partial void Malformed(ILogger logger, string reason);
    }
}
