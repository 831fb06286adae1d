using System.Reflection;
using Aspire.Hosting;
using LinkShort.Hosting.Engine;

namespace LinkShort.Hosting.Testing;

/// <summary>A test that runs an AppHost's entry point: the builder and the application made there are handed to it.</summary>
internal sealed class AmbientTest(string[] args, Assembly assembly)
{
    private static readonly AsyncLocal<AmbientTest?> Ambient = new();

    private readonly TaskCompletionSource<DistributedApplicationBuilder> _reachedBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Of the entry point that is running on this thread; null outside of tests.</summary>
    public static AmbientTest? Current => Ambient.Value;

    public Task<DistributedApplicationBuilder> ReachedBuild => _reachedBuild.Task;

    public Task<DistributedApplication> Built => _built.Task;

    /// <summary>Runs the entry point on a thread of its own, up to its call of Build.</summary>
    public void Start()
    {
        var entry = assembly.EntryPoint ?? throw new InvalidOperationException($"{assembly.GetName().Name} has no entry point.");
        new Thread(() =>
        {
            Ambient.Value = this;
            try
            {
                var result = entry.Invoke(null, entry.GetParameters().Length == 0 ? null : [args]);
                (result as Task)?.GetAwaiter().GetResult();
                Fail(new InvalidOperationException($"The entry point of {assembly.GetName().Name} ended without building an application."));
            }
            catch (TargetInvocationException failure) when (failure.InnerException is { } inner)
            {
                Fail(inner);
            }
#pragma warning disable CA1031 // Whatever it is belongs to the test that waits for it, not to this thread.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Fail(failure);
            }
        })
        { IsBackground = true, Name = "AppHost entry point" }.Start();
    }

    public DistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) =>
        new(new DistributedApplicationOptions { Args = [.. options.Args ?? [], .. args], DisableDashboard = true }, EngineSettings.Temporary(), assembly);

    /// <summary>The test may change the model now; goes on when it says so.</summary>
    public void BeforeBuild(DistributedApplicationBuilder builder)
    {
        _reachedBuild.TrySetResult(builder);
        _mayBuild.Task.GetAwaiter().GetResult();
    }

    public void AfterBuild(DistributedApplication application) => _built.TrySetResult(application);

    public void AllowBuild() => _mayBuild.TrySetResult();

    private void Fail(Exception failure)
    {
        _reachedBuild.TrySetException(failure);
        _built.TrySetException(failure);
    }
}
