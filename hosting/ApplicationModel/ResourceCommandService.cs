using System.Collections.Immutable;
using LinkShort.Hosting.Engine;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Does what an operator asks: start, stop, restart, and the commands that the model adds.</summary>
public sealed class ResourceCommandService(IServiceProvider services)
{
    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteCommandAsync(resource.Name, commandName, cancellationToken);

    /// <param name="resourceId">A resource's name (all its replicas) or a replica's id.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/> (or "start", "stop", "restart"), or a command of WithCommand.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        var engine = services.GetRequiredService<ApplicationEngine>();
        var replicas = engine.Find(resourceId);
        switch (commandName)
        {
            case KnownResourceCommands.StartCommand or "start":
                await Task.WhenAll(replicas.Select(replica => replica.StartAsync(waitForDependencies: true)));
                return CommandResults.Success();

            case KnownResourceCommands.StopCommand or "stop":
                await Task.WhenAll(replicas.Select(replica => replica.StopAsync())).WaitAsync(cancellationToken);
                return CommandResults.Success();

            case KnownResourceCommands.RestartCommand or "restart":
                foreach (var replica in replicas)
                {
                    await replica.StopAsync().WaitAsync(cancellationToken);
                    await replica.StartAsync(waitForDependencies: true);
                }

                return CommandResults.Success();

            default:
                return await ExecuteCustomAsync(replicas, commandName, cancellationToken);
        }
    }

    private async Task<ExecuteCommandResult> ExecuteCustomAsync(IReadOnlyList<ResourceInstance> replicas, string commandName, CancellationToken cancellationToken)
    {
        var command = replicas[0].Resource.Annotations.OfType<ResourceCommandAnnotation>().FirstOrDefault(candidate => candidate.Name == commandName);
        if (command is null)
        {
            return CommandResults.Failure($"'{replicas[0].Resource.Name}' has no command '{commandName}'.");
        }

        foreach (var replica in replicas)
        {
            var result = await command.ExecuteCommand(new ExecuteCommandContext
            {
                ServiceProvider = services,
                ResourceName = replica.Id,
                CancellationToken = cancellationToken,
                Logger = replica.Logger,
            });
            if (!result.Success)
            {
                return result;
            }
        }

        return CommandResults.Success();
    }
}

/// <summary>What can be done with a replica in its state.</summary>
internal static class ResourceCommands
{
    public static ImmutableArray<ResourceCommandSnapshot> Of(IResource resource, CustomResourceSnapshot snapshot, bool isAlive, IServiceProvider services)
    {
        if (resource is ParameterResource)
        {
            return [];
        }

        var whenEnded = isAlive ? ResourceCommandState.Hidden : ResourceCommandState.Enabled;
        var whenAlive = !isAlive ? ResourceCommandState.Hidden
            : snapshot.State?.Text == KnownResourceStates.Stopping ? ResourceCommandState.Disabled
            : ResourceCommandState.Enabled;
        return
        [
            new(KnownResourceCommands.StartCommand, whenEnded, "Start", "Start the resource", null, "Play", IsHighlighted: true),
            new(KnownResourceCommands.StopCommand, whenAlive, "Stop", "Stop the resource", null, "Stop", IsHighlighted: true),
            new(KnownResourceCommands.RestartCommand, whenAlive, "Restart", "Stop and start the resource", null, "ArrowCounterclockwise", IsHighlighted: false),
            .. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(command => new ResourceCommandSnapshot(
                command.Name,
                command.UpdateState(new UpdateCommandStateContext { ResourceSnapshot = snapshot, ServiceProvider = services }),
                command.DisplayName,
                command.Options.Description,
                command.Options.ConfirmationMessage,
                command.Options.IconName,
                command.Options.IsHighlighted)),
        ];
    }
}
