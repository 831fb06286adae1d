using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Writes the console output of each process and container to <c>logs/{name}.log</c> of the data folder: the dashboard loses it at the end of the
/// run, and <c>./linkshort logs</c> reads it without the app host.
/// </summary>
internal sealed class ConsoleLogFiles(Installation installation, DistributedApplicationModel model, ResourceLoggerService logs) : BackgroundService
{
    private const long MaxBytes = 16 * 1024 * 1024;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(model.Resources
        .Where(resource => resource is ProjectResource or ExecutableResource or ContainerResource && !resource.Annotations.OfType<ExplicitStartupAnnotation>().Any())
        .Select(resource => WriteAsync(resource, stoppingToken)));

    private async Task WriteAsync(IResource resource, CancellationToken cancellationToken)
    {
        await using var file = new RotatingFile(installation.Folder(Path.Combine("logs", $"{resource.Name}.log")), MaxBytes);
        await file.WriteAsync([]); // The file exists from the start, also of a resource that writes nothing.
        try
        {
            await foreach (var lines in logs.WatchAsync(resource).WithCancellation(cancellationToken))
            {
                await file.WriteAsync(lines.Select(line => line.Content));
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}

/// <summary>A log of at most twice <paramref name="maxBytes"/>: when the file has grown to that, it becomes <c>{path}.1</c> in place of the former one.</summary>
internal sealed class RotatingFile(string path, long maxBytes) : IAsyncDisposable
{
    private StreamWriter? _file;

    /// <summary>A full disk costs these lines, not the run or later lines; the dashboard still has them.</summary>
    public async Task WriteAsync(IEnumerable<string> lines)
    {
        try
        {
            _file ??= Open();
            foreach (var line in lines)
            {
                await _file.WriteLineAsync(line);
            }

            await _file.FlushAsync();
            if (_file.BaseStream.Length > maxBytes)
            {
                await DisposeAsync();
                File.Move(path, path + ".1", overwrite: true);
                _file = Open();
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            await DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        var file = _file;
        _file = null;
        try
        {
            await (file?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
        catch (IOException)
        {
            // What could not be written still can't.
        }
    }

    private StreamWriter Open() => new(path, PrivateFiles.Options(FileMode.Append));
}
