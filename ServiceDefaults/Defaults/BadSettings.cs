using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults;

/// <summary>An invalid setting ends the process with an exit code of its own, so that the supervisor doesn't restart it.</summary>
internal static class BadSettings
{
    /// <summary>
    /// EX_CONFIG of sysexits.h. The supervisor of the app host (hosting/Supervisor.cs) doesn't restart a process that exits with it.
    /// </summary>
    internal const int ExitCode = 78;

    /// <summary>The start of each message about an invalid setting; the supervisor looks for it on the console.</summary>
    internal const string Complaint = "Setting ";

    private static int _isRegistered;

    public static void EndTheProcess()
    {
        if (Interlocked.Exchange(ref _isRegistered, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
            {
                if (unhandled.ExceptionObject is OptionsValidationException
                    || (unhandled.ExceptionObject is InvalidOperationException failure && failure.Message.StartsWith(Complaint, StringComparison.Ordinal)))
                {
                    // One line.
                    Console.Error.WriteLine(((Exception)unhandled.ExceptionObject).Message.ReplaceLineEndings(" "));
                    Environment.Exit(ExitCode);
                }
            };
        }
    }
}
