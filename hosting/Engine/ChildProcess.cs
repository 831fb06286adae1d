using System.Collections.Concurrent;
using System.Diagnostics;

namespace LinkShort.Hosting.Engine;

/// <summary>What to run.</summary>
internal sealed record ProcessSpec
{
    /// <summary>Absolute path.</summary>
    public required string FileName { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required string WorkingDirectory { get; init; }

    /// <summary>All of it: nothing is inherited.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The user to become; null to stay.</summary>
    public string? RunAs { get; init; }

    /// <summary>The polite request to end.</summary>
    public int StopSignal { get; init; } = Posix.SigTerm;

    /// <summary>Ends it when its data is thrown away anyway; null for the polite way.</summary>
    public int? AbandonSignal { get; init; }

    /// <summary>How long it may take to follow before it is killed.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>
/// A process in a session of its own: a terminal's Ctrl-C reaches only the engine, which then stops things in order.
/// It is asked to end when the engine dies (prctl PR_SET_PDEATHSIG), and the <see cref="Watchdog"/> makes sure that it did.
/// </summary>
internal sealed class ChildProcess
{
    // PR_SET_PDEATHSIG fires when the thread that forked ends, and pool threads come and go:
    // every child is forked by this one thread, which lives as long as the process.
    private static readonly BlockingCollection<Action> Forks = [];

    private readonly Process _process;

    static ChildProcess()
    {
        new Thread(() =>
        {
            foreach (var fork in Forks.GetConsumingEnumerable())
            {
                fork();
            }
        })
        { IsBackground = true, Name = "forks" }.Start();
    }

    private ChildProcess(Process process, Action<string, bool> onLine)
    {
        _process = process;
        Id = process.Id;
        Output = Task.WhenAll(ReadAsync(process.StandardOutput, isError: false, onLine), ReadAsync(process.StandardError, isError: true, onLine));
        Exited = WaitAsync();
    }

    /// <summary>Also the id of its session and process group.</summary>
    public int Id { get; }

    /// <summary>The exit code; 128 + n when signal n ended it.</summary>
    public Task<int> Exited { get; }

    /// <summary>Done when nothing holds its standard output and error any more.</summary>
    public Task Output { get; }

    public static Task<ChildProcess> StartAsync(ProcessSpec spec, Action<string, bool> onLine)
    {
        var started = new TaskCompletionSource<ChildProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
        Forks.Add(() =>
        {
            try
            {
                var process = Process.Start(Describe(spec))!;
                process.StandardInput.Close();
                started.SetResult(new ChildProcess(process, onLine));
            }
            catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or InvalidOperationException or IOException)
            {
                started.SetException(failure);
            }
        });
        return started.Task;
    }

    /// <summary>Asks it to end, then kills it and what it left in its process group.</summary>
    public async Task StopAsync(int signal, TimeSpan timeout)
    {
        Posix.Signal(Id, signal);
        await Task.WhenAny(Exited, Task.Delay(timeout));
        KillGroup();
        await Exited;
    }

    public void KillGroup() => Posix.Signal(-Id, Posix.SigKill);

    private static ProcessStartInfo Describe(ProcessSpec spec)
    {
        var start = new ProcessStartInfo
        {
            FileName = Programs.Require("setsid", "util-linux"),
            WorkingDirectory = spec.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // setsid and setpriv replace themselves: the id stays that of the program.
        start.ArgumentList.Add(Programs.Require("setpriv", "util-linux"));
        if (spec.RunAs is { } user)
        {
            // setpriv sets the death signal after it changed user, which would clear it.
            start.ArgumentList.Add($"--reuid={user}");
            start.ArgumentList.Add($"--regid={user}");
            start.ArgumentList.Add("--init-groups");
        }

        start.ArgumentList.Add("--pdeathsig");
        start.ArgumentList.Add(Posix.NameOf(spec.StopSignal));
        start.ArgumentList.Add("--");
        start.ArgumentList.Add(spec.FileName);
        foreach (var argument in spec.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        foreach (var (name, value) in spec.Environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static async Task ReadAsync(StreamReader reader, bool isError, Action<string, bool> onLine)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                onLine(line, isError);
            }
        }
        catch (IOException)
        {
            // The pipe went away with the process.
        }
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }
}
