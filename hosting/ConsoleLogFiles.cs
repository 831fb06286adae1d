using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Hosting;

/// <summary>
/// Writes each process's console output to <c>logs/{name}.log</c> of the data folder: the dashboard loses it at the end of the run, and
/// <c>./linkshort logs</c> reads it without the app host.
/// </summary>
internal sealed class ConsoleLogFiles(Installation installation, DistributedApplicationModel model, ResourceLoggerService logs) : BackgroundService
{
    private const long MaxBytes = 16 * 1024 * 1024;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(model.Resources
        .Where(resource => resource is ProjectResource or ExecutableResource && !resource.Annotations.OfType<ExplicitStartupAnnotation>().Any())
        .Select(resource => WriteAsync(resource, stoppingToken)));

    private async Task WriteAsync(IResource resource, CancellationToken cancellationToken)
    {
        var path = installation.Folder(Path.Combine("logs", $"{resource.Name}.log"));
        if (File.Exists(path) && new FileInfo(path).Length > MaxBytes)
        {
            File.Move(path, path + ".1", overwrite: true);
        }

        await using var file = new StreamWriter(path, PrivateFiles.Options(FileMode.Append)) { AutoFlush = false };
        try
        {
            await foreach (var lines in logs.WatchAsync(resource).WithCancellation(cancellationToken))
            {
                foreach (var line in lines)
                {
                    await file.WriteLineAsync(line.Content);
                }

                await file.FlushAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
        catch (IOException)
        {
            // A full disk costs this file, not the run; the dashboard still has the lines.
        }
    }
}
