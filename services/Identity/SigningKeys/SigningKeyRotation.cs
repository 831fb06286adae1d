using Microsoft.Extensions.Options;

namespace LinkShort.Identity.SigningKeys;

/// <summary>Has a signing key ready before the first request, and keeps this replica's copy of the keys fresh.</summary>
public sealed partial class SigningKeyRotation(
    SigningKeyRing keys, IOptions<IdentitySettings> settings, TimeProvider time, ILogger<SigningKeyRotation> logger) : BackgroundService
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await MaintainAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(settings.Value.SigningKeyCheckInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await MaintainAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task MaintainAsync(CancellationToken cancellationToken)
    {
        try
        {
            await keys.MaintainAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Nothing here may end the loop: the keys known so far go on working, and the next tick tries again.
            Log.Failed(logger, exception, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The signing keys can't be read now ({Reason}); this replica goes on with those it knows.")]
        public static partial void Failed(ILogger logger, Exception exception, string reason);
    }
}
