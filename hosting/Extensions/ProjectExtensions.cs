using System.Net.Sockets;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ProjectResourceBuilderExtensions
{
    /// <summary>A project, from its build output. It has an "http" endpoint when its launchSettings.json names an <c>applicationUrl</c>.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => builder.AddProject(name, new TProject());

    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, string projectPath) =>
        builder.AddProject(name, new PathMetadata(Path.GetFullPath(projectPath, builder.AppHostDirectory)));

    /// <summary>Runs so many copies, each on its own port; the endpoints' public ports are shared out among them.</summary>
    public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(replicas);
        return builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }

    private static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata)
    {
        var project = new ProjectResource(name);
        project.Annotations.Add(metadata);
        var profile = LaunchProfile.Read(metadata.ProjectPath);
        project.Annotations.Add(profile);
        foreach (var scheme in profile.Schemes)
        {
            project.Annotations.Add(new EndpointAnnotation(ProtocolType.Tcp, uriScheme: scheme, name: scheme) { FromLaunchProfile = true });
        }

        return builder.AddResource(project);
    }

    private sealed class PathMetadata(string path) : IProjectMetadata
    {
        public string ProjectPath { get; } = path;
    }
}

public static class ExecutableResourceBuilderExtensions
{
    /// <param name="builder">The application.</param>
    /// <param name="name">Name.</param>
    /// <param name="command">A program on PATH, or a path relative to the working directory.</param>
    /// <param name="workingDirectory">Relative to the AppHost's directory.</param>
    /// <param name="args">Arguments.</param>
    public static IResourceBuilder<ExecutableResource> AddExecutable(this IDistributedApplicationBuilder builder, string name, string command, string workingDirectory, params string[]? args)
    {
        var directory = Path.GetFullPath(workingDirectory, builder.AppHostDirectory);
        return builder.AddResource(new ExecutableResource(name, command, directory)).WithArgs(args ?? []);
    }
}

/// <summary>What a project's Properties/launchSettings.json says of its first profile that runs the project.</summary>
/// <param name="Schemes">"http", when its applicationUrl has it: there is no development certificate to serve https with.</param>
/// <param name="Environment">environmentVariables.</param>
internal sealed record LaunchProfile(IReadOnlyList<string> Schemes, IReadOnlyDictionary<string, string> Environment) : IResourceAnnotation
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static LaunchProfile Read(string projectPath)
    {
        var file = Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(file))
        {
            return new LaunchProfile([], new Dictionary<string, string>());
        }

        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(file), Lenient);
            foreach (var profile in document.RootElement.GetProperty("profiles").EnumerateObject().Select(property => property.Value))
            {
                if (profile.TryGetProperty("commandName", out var command) && command.GetString() == "Project")
                {
                    return new LaunchProfile(SchemesOf(profile), EnvironmentOf(profile));
                }
            }

            return new LaunchProfile([], new Dictionary<string, string>());
        }
        catch (Exception malformed) when (malformed is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new DistributedApplicationException($"{file} is not a valid launch settings file: {malformed.Message}", malformed);
        }
    }

    private static List<string> SchemesOf(JsonElement profile) =>
        profile.TryGetProperty("applicationUrl", out var urls)
        && (urls.GetString() ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Any(url => url.StartsWith("http://", StringComparison.OrdinalIgnoreCase)) ? ["http"] : [];

    private static Dictionary<string, string> EnvironmentOf(JsonElement profile) =>
        profile.TryGetProperty("environmentVariables", out var variables)
            ? variables.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString() ?? "")
            : [];
}
