using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LinkShort.Conventions.Tests;

/// <summary>What runs beside the requests is a BackgroundJob: an exception of a plain BackgroundService stops the service, or ends the work unnoticed.</summary>
public sealed class BackgroundJobsTests
{
    /// <summary>Each says itself why.</summary>
    private static readonly string[] Exceptions = ["BackgroundJob", "ClickWriter", "SpoolMaintenance"];

    [Fact]
    public void Work_in_the_background_is_a_job() =>
        Check(Repository.Code.Where(source => source.Part is not ("hosting" or "AppHost"))).ShouldBeNone("Derive from BackgroundJob.");

    [Fact]
    public void A_planted_service_is_found() =>
        Check([new Source("services/Links/Planted.cs", "class Planted(int a) : BackgroundService, IDisposable { }")])
            .ShouldBe(["services/Links/Planted.cs:1: Planted"]);

    private static IEnumerable<string> Check(IEnumerable<Source> sources) => sources.SelectMany(source => source.Syntax.DescendantNodes()
        .OfType<ClassDeclarationSyntax>()
        .Where(type => type.BaseList?.Types.Any(each => each.Type.ToString() == "BackgroundService") == true && !Exceptions.Contains(type.Identifier.Text))
        .Select(type => $"{source.At(type)}: {type.Identifier.Text}"));
}
