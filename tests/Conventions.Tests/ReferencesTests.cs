using System.Reflection;

namespace LinkShort.Conventions.Tests;

public sealed class ReferencesTests
{
    private static readonly Source[] Projects =
        [.. Repository.Files("services", ".csproj"), .. Repository.Files("gateway", ".csproj"), .. Repository.Files("ServiceDefaults", ".csproj")];

    [Fact]
    public void Services_reference_contracts_and_service_defaults_only()
    {
        Projects.Length.ShouldBeGreaterThanOrEqualTo(9);
        References.CheckProjects(Projects).ShouldBeNone("Ask another service over HTTP, or learn from its events.");
    }

    [Fact]
    public void Compiled_services_use_contracts_and_service_defaults_only() => Projects
        .Select(project => Assembly.Load(Path.GetFileNameWithoutExtension(project.Path)))
        .SelectMany(assembly => References.CheckAssembly(assembly.GetName().Name!, assembly.GetReferencedAssemblies()))
        .ShouldBeNone("Ask another service over HTTP, or learn from its events.");

    [Theory]
    [InlineData("services/Redirect/LinkShort.Redirect.csproj", """<ProjectReference Include="../Links/LinkShort.Links.csproj" />""")]
    [InlineData("services/Redirect/LinkShort.Redirect.csproj", """<ProjectReference Include="..\Links\LinkShort.Links.csproj" />""")]
    [InlineData("gateway/LinkShort.Gateway.csproj", """<ProjectReference PrivateAssets="all" Include="../services/Links/LinkShort.Links.csproj" />""")]
    [InlineData("services/Links/LinkShort.Links.csproj", """<ProjectReference Include="../../hosting/LinkShort.Hosting.csproj" />""")]
    [InlineData("ServiceDefaults/LinkShort.ServiceDefaults.csproj", """<ProjectReference Include="../services/Links/LinkShort.Links.csproj" />""")]
    [InlineData("services/Contracts/LinkShort.Contracts.csproj", """<ProjectReference Include="../../ServiceDefaults/LinkShort.ServiceDefaults.csproj" />""")]
    public void A_planted_reference_is_found(string path, string text) => References.CheckProjects([new Source(path, text)]).ShouldHaveSingleItem();

    [Fact]
    public void A_planted_use_in_an_assembly_is_found()
    {
        References.CheckAssembly("LinkShort.Redirect", [new AssemblyName("LinkShort.Links"), new AssemblyName("LinkShort.Contracts"), new AssemblyName("System.Runtime")])
            .ShouldBe(["LinkShort.Redirect uses LinkShort.Links"]);
    }
}
