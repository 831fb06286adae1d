using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.Hosting.Servers;

/// <summary>Replaces a server's container resource: same name, same annotations, run as a process.</summary>
internal sealed class NativeServerResource(ContainerResource inner, string command, string workingDirectory)
    : ExecutableResource(inner.Name, command, workingDirectory), IResourceWithConnectionString
{
    // One collection for both resources, so that endpoints, waits, commands and the orchestrator's names remain the model's.
    public override ResourceAnnotationCollection Annotations => inner.Annotations;

    public ReferenceExpression ConnectionStringExpression => ((IResourceWithConnectionString)inner).ConnectionStringExpression;
}

/// <summary>What the three servers have in common.</summary>
internal static class Native
{
    private const string LockWait = "30"; // Seconds; the processes of a killed run exit within this time.

    public static bool IsRoot { get; } = Environment.UserName == "root";

    public static bool HasContainerEngine() =>
        Answers("docker", "version", "--format", "{{.Server.Version}}") || Answers("podman", "version", "--format", "{{.Server.Version}}");

    /// <summary>The full path of a program on PATH or in the usual system directories; null if it is not installed.</summary>
    public static string? Find(string program)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
    }

    /// <summary>Replaces the container in the model with a process.</summary>
    /// <param name="directory">The server's folder, as <see cref="ServerAccount.Place"/> returned it.</param>
    /// <param name="command">Program and arguments. The process holds a lock on the folder while it runs.</param>
    /// <param name="addHealthCheck">Adds a check of the given name for the connection string.</param>
    /// <param name="prepare">Runs before each start of the process, once the folder exists.</param>
    public static IResourceBuilder<NativeServerResource> Swap(
        IDistributedApplicationBuilder builder,
        Installation installation,
        ContainerResource inner,
        string directory,
        IReadOnlyList<object> command,
        Action<IHealthChecksBuilder, string, Func<string>> addHealthCheck,
        Func<ILogger, CancellationToken, Task> prepare)
    {
        // These annotations only apply to containers.
        foreach (var annotation in inner.Annotations.Where(annotation => annotation
            is ContainerImageAnnotation or ContainerMountAnnotation or EnvironmentCallbackAnnotation or CommandLineArgsCallbackAnnotation or HealthCheckAnnotation
            || annotation.GetType().Name is "HttpsCertificateConfigurationCallbackAnnotation" or "CertificateTrustConfigurationCallbackAnnotation").ToArray())
        {
            inner.Annotations.Remove(annotation);
        }

        builder.Resources.Remove(inner);
        var native = new NativeServerResource(inner, Find("flock") ?? "flock", "/");
        var resource = builder.AddResource(native).WithArgs(context =>
        {
            // Two servers on one folder would destroy its data: a new run waits here until the previous server has exited.
            foreach (var argument in (object[])["--no-fork", "--timeout", LockWait, directory + ".lock", .. command])
            {
                context.Args.Add(argument);
            }
        });
        foreach (var endpoint in inner.Annotations.OfType<EndpointAnnotation>())
        {
            // Without a proxy: clients connect to the process itself.
            endpoint.Port = endpoint.TargetPort = installation.Ports.Free();
            endpoint.IsProxied = false;
            endpoint.TargetHost = "127.0.0.1";
        }

        builder.Eventing.Subscribe<BeforeResourceStartedEvent>(native, async (start, cancellationToken) =>
        {
            try
            {
                var logger = start.Services.GetRequiredService<ResourceLoggerService>().GetLogger(native);
                await ServerAccount.CreateAsync(installation, inner.Name, directory, logger, cancellationToken);
                await PrivateFiles.WriteAsync(directory + ".lock", "", cancellationToken);
                await prepare(logger, cancellationToken);
            }
            catch (Exception failure) when (failure is DistributedApplicationException or IOException or UnauthorizedAccessException)
            {
                var reason = failure is IOException disk && DiskSpace.IsExhausted(disk) ? DiskSpace.Exhausted(installation.DataDirectory).Message : failure.Message;
                installation.Fail(reason, start.Services.GetRequiredService<IHostApplicationLifetime>());
                throw;
            }
        });
        Attach(builder, native, inner, addHealthCheck);
#pragma warning disable ASPIRECERTIFICATES001 // Otherwise Redis uses TLS as soon as a development certificate exists.
        return resource.WithoutHttpsCertificate();
#pragma warning restore ASPIRECERTIFICATES001
    }

    /// <summary>
    /// Gives the replacement its health check and its children their connection strings (<see cref="ChildStates"/> gives them their states): the
    /// subscriptions of AddPostgres and the like only fire for the container resource, which can't be published under the same name.
    /// </summary>
    public static void Attach<T>(
        IDistributedApplicationBuilder builder, T replacement, ContainerResource inner, Action<IHealthChecksBuilder, string, Func<string>> addHealthCheck)
        where T : IResourceWithConnectionString
    {
        string? connectionString = null;
        builder.Eventing.Subscribe<ConnectionStringAvailableEvent>(replacement, async (available, cancellationToken) =>
        {
            connectionString = await replacement.ConnectionStringExpression.GetValueAsync(cancellationToken);
            foreach (var child in Children(builder, inner).OfType<IResourceWithConnectionString>())
            {
                await builder.Eventing.PublishAsync(new ConnectionStringAvailableEvent(child, available.Services), cancellationToken);
            }
        });
        var check = $"{inner.Name}_check_{(replacement is NativeServerResource ? "native" : "external")}";
        addHealthCheck(builder.Services.AddHealthChecks(), check, () => connectionString ?? throw new InvalidOperationException("The connection string is not known yet."));
        builder.CreateResourceBuilder(replacement).WithHealthCheck(check);
    }

    /// <summary>Runs a program until it exits, with its output in the resource's log.</summary>
    /// <exception cref="DistributedApplicationException">The program failed; the message has the line with the reason.</exception>
    public static async Task RunAsync(ILogger logger, string dataDirectory, string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var lines = $"{await output}{await error}".Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines)
        {
#pragma warning disable CA1848, CA1873 // A dozen lines, once per data folder.
            logger.LogInformation("{Line}", line);
#pragma warning restore CA1848, CA1873
        }

        if (process.ExitCode != 0)
        {
            var reason = lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("fatal", StringComparison.OrdinalIgnoreCase)) ?? lines.LastOrDefault();
            throw reason?.Contains("No space left", StringComparison.Ordinal) == true
                ? DiskSpace.Exhausted(dataDirectory)
                : new DistributedApplicationException(string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(program)} failed with exit code {process.ExitCode}: {reason}"));
        }
    }

    private static IEnumerable<IResource> Children(IDistributedApplicationBuilder builder, IResource parent) =>
        builder.Resources.Where(resource => resource is IResourceWithParent child && child.Parent == parent);

    private static bool Answers(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            return process.WaitForExit(TimeSpan.FromSeconds(5)) && process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
