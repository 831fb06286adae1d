using LinkShort.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Keys.SigningKeys;

/// <summary>Ensures a signing key before the first request, and refreshes this replica's copy of the keys.</summary>
public sealed partial class SigningKeyRotation(
    SigningKeyRing keys, IOptions<IdentityServiceOptions> options, TimeProvider time, ILogger<SigningKeyRotation> logger)
    : BackgroundJob("Maintaining the signing keys", time, logger)
{
    protected override TimeSpan Interval => options.Value.SigningKeyCheckInterval;

    /// <summary>The first run is part of the start.</summary>
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
        [LoggerMessage(LogLevel.Warning, "The signing keys can't be read ({Reason}); this replica continues with those it has.")]
        public static partial void Failed(ILogger logger, Exception exception, string reason);
    }
}
