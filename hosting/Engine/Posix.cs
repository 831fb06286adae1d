using System.Runtime.InteropServices;

namespace LinkShort.Hosting.Engine;

/// <summary>The few system calls that .NET has no name for.</summary>
internal static partial class Posix
{
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigKill = 9;
    public const int SigTerm = 15;

    public static bool IsRoot { get; } = GetEffectiveUserId() == 0;

    /// <summary>Signals a process, or (negative id) a process group. A target that is gone is no error.</summary>
    public static void Signal(int processId, int signal) => _ = Kill(processId, signal);

    public static string NameOf(int signal) => signal switch
    {
        SigInt => "INT",
        SigQuit => "QUIT",
        SigKill => "KILL",
        _ => "TERM",
    };

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
