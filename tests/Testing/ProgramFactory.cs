using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Testing;

/// <summary>
/// A <see cref="WebApplicationFactory{TEntryPoint}"/> that always fails with the cause of a failed start. The program runs on a thread of its
/// own and disposes a host that fails to start; a factory that then resolves the host's lifetime gets an
/// <see cref="ObjectDisposedException"/>. So the host starts only when the factory waits for the outcome.
/// </summary>
public abstract class ProgramFactory<TProgram> : WebApplicationFactory<TProgram> where TProgram : class
{
    private readonly ObservedStart _start = new();

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        // For Kestrel; the port that UseKestrel would take is set in the method that is overridden below.
        builder.UseSetting(WebHostDefaults.ServerUrlsKey, "http://127.0.0.1:0");
        builder.ConfigureTestServices(services => services.AddSingleton<IHostLifetime>(_start));
    }

    protected override IHost CreateHost(IHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var host = builder.Build();
        var started = host.StartAsync();
        _start.Observed.TrySetResult();
        started.GetAwaiter().GetResult();
        return host;
    }

    private sealed class ObservedStart : IHostLifetime
    {
        public TaskCompletionSource Observed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task WaitForStartAsync(CancellationToken cancellationToken) => Observed.Task.WaitAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
