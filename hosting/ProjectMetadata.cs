using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Where a project is; the build generates one class per project reference of AppHost in the namespace <c>Projects</c>.</summary>
public interface IProjectMetadata : IResourceAnnotation
{
    /// <summary>Absolute path of the project file.</summary>
    string ProjectPath { get; }
}

/// <summary>What the build knows beyond Aspire's interface.</summary>
public interface INativeProjectMetadata : IProjectMetadata
{
    /// <summary>Absolute path of the built assembly.</summary>
    string TargetPath { get; }
}
