using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults;

/// <summary>A setting that can't work ends the process with an exit code of its own, so that nobody restarts it in vain.</summary>
internal static class BadSettings
{
    /// <summary>EX_CONFIG of sysexits.h.</summary>
    private const int ExitCode = 78;

    private static int _isRegistered;

    public static void EndTheProcess()
    {
        if (Interlocked.Exchange(ref _isRegistered, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
            {
                if (unhandled.ExceptionObject is OptionsValidationException or InvalidOperationException { Message: ['S', 'e', 't', 't', 'i', 'n', 'g', ' ', ..] })
                {
                    // One line, on which the supervisor of the app host looks for "Setting ".
                    Console.Error.WriteLine(((Exception)unhandled.ExceptionObject).Message.ReplaceLineEndings(" "));
                    Environment.Exit(ExitCode);
                }
            };
        }
    }
}
