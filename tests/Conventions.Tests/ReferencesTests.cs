using System.Reflection;

namespace LinkShort.Conventions.Tests;

public sealed class ReferencesTests
{
    private const string Rule = "Arrows point down: ask another service over HTTP or learn from its events; move what a lower layer needs into it, or behind an interface.";

    private static readonly Source[] Projects =
        [.. new[] { "services", "gateway", "ServiceDefaults", "hosting" }.SelectMany(folder => Repository.Files(folder, ".csproj"))];

    [Fact]
    public void Projects_reference_only_what_is_below_them()
    {
        Projects.Select(project => Path.GetFileNameWithoutExtension(project.Path)).ShouldBeSubsetOf(
            [.. References.Arrows.Keys, .. Part.Names], "a new project needs a row in References.cs");
        References.Arrows.Keys.ShouldBeSubsetOf(Projects.Select(project => Path.GetFileNameWithoutExtension(project.Path)), "a row in References.cs names no project");
        References.CheckProjects(Projects).ShouldBeNone(Rule);
    }

    [Fact]
    public void Compiled_projects_use_only_what_is_below_them() => Projects
        .Select(project => Assembly.Load(Path.GetFileNameWithoutExtension(project.Path)))
        .SelectMany(assembly => References.CheckAssembly(assembly.GetName().Name!, assembly.GetReferencedAssemblies()))
        .ShouldBeNone(Rule);

    /// <summary>Transitive references are allowed as well, so a reference must not lead up through another project.</summary>
    [Fact]
    public void No_arrow_leads_up_over_another_project() => References.Arrows
        .SelectMany(row => row.Value.SelectMany(below => References.Arrows[below].Append(below))
            .Where(reached => reached == row.Key || !row.Value.Contains(reached))
            .Select(reached => $"{row.Key} reaches {reached}"))
        .ShouldBeNone(Rule);

    [Theory]
    [InlineData("services/Redirect/LinkShort.Redirect.csproj", """<ProjectReference Include="../Links/LinkShort.Links.csproj" />""")]
    [InlineData("services/Redirect/LinkShort.Redirect.csproj", """<ProjectReference Include="..\Links\LinkShort.Links.csproj" />""")]
    [InlineData("gateway/LinkShort.Gateway.csproj", """<ProjectReference PrivateAssets="all" Include="../services/Links/LinkShort.Links.csproj" />""")]
    [InlineData("services/Links/LinkShort.Links.csproj", """<ProjectReference Include="../../hosting/LinkShort.Hosting.csproj" />""")]
    [InlineData("services/Web/LinkShort.Web.csproj", """<ProjectReference Include="../../ServiceDefaults/Persistence/LinkShort.ServiceDefaults.Persistence.csproj" />""")]
    [InlineData("ServiceDefaults/Defaults/LinkShort.ServiceDefaults.csproj", """<ProjectReference Include="../../services/Links/LinkShort.Links.csproj" />""")]
    [InlineData("ServiceDefaults/Http/LinkShort.ServiceDefaults.Http.csproj", """<ProjectReference Include="../Auth/LinkShort.ServiceDefaults.Auth.csproj" />""")]
    [InlineData("ServiceDefaults/Auth/LinkShort.ServiceDefaults.Auth.csproj", """<ProjectReference Include="../Persistence/LinkShort.ServiceDefaults.Persistence.csproj" />""")]
    [InlineData("ServiceDefaults/Features/LinkShort.ServiceDefaults.Features.csproj", """<ProjectReference Include="../Privacy/LinkShort.ServiceDefaults.Privacy.csproj" />""")]
    [InlineData("services/Contracts/LinkShort.Contracts.csproj", """<ProjectReference Include="../../ServiceDefaults/Defaults/LinkShort.ServiceDefaults.csproj" />""")]
    [InlineData("hosting/LinkShort.Hosting.csproj", """<ProjectReference Include="../ServiceDefaults/Defaults/LinkShort.ServiceDefaults.csproj" />""")]
    public void A_planted_reference_is_found(string path, string text) => References.CheckProjects([new Source(path, text)]).ShouldHaveSingleItem();

    [Fact]
    public void A_planted_use_in_an_assembly_is_found()
    {
        References.CheckAssembly("LinkShort.Redirect", [new AssemblyName("LinkShort.Links"), new AssemblyName("LinkShort.Contracts"), new AssemblyName("System.Runtime")])
            .ShouldBe(["LinkShort.Redirect uses LinkShort.Links"]);
    }
}
