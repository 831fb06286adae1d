using LinkShort.Contracts;
using Microsoft.AspNetCore.Identity;

namespace LinkShort.Redirect.Passwords;

/// <summary>
/// Compares a password with a link's hash. That is made to take tens of milliseconds of a processor, so only a few run at a time:
/// the others' redirects need processors too.
/// </summary>
public sealed partial class PasswordCheck(ILogger<PasswordCheck> logger) : IDisposable
{
    private const int MostWaiting = 32;

    private static readonly LinkBehavior Nobody = new();

    private readonly PasswordHasher<LinkBehavior> _hasher = new();
    private readonly SemaphoreSlim _running = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _waiting;

    /// <returns>Null when too many are being compared: nobody knows.</returns>
    public async Task<bool?> IsRightAsync(string passwordHash, string password, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
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
                return await Task.Run(() => _hasher.VerifyHashedPassword(Nobody, passwordHash, password) != PasswordVerificationResult.Failed, cancellationToken);
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

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "A link's password hash is malformed, nobody can open it: {Reason}")]
        public static partial void Malformed(ILogger logger, string reason);
    }
}
