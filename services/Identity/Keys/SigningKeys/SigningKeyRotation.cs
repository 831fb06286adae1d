using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Keys.SigningKeys;

/// <summary>Has a signing key ready before the first request, and keeps this replica's copy of the keys fresh.</summary>
public sealed partial class SigningKeyRotation(
    SigningKeyRing keys, IOptions<IdentityServiceOptions> options, TimeProvider time, ILogger<SigningKeyRotation> logger)
    : BackgroundJob("Maintaining the signing keys", time, logger)
{
    protected override TimeSpan Interval => options.Value.SigningKeyCheckInterval;

    /// <summary>The start itself has already done it once.</summary>
    protected override TimeSpan FirstAfter => Interval;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(Logger, exception, exception.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => keys.MaintainAsync(cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The signing keys can't be read now ({Reason}); this replica goes on with those it knows.")]
        public static partial void Failed(ILogger logger, Exception exception, string reason);
    }
}
