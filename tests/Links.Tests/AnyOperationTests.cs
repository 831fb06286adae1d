using LinkShort.Testing;

namespace LinkShort.Links.Tests;

/// <summary>Every public operation, as the OpenAPI document lists them.</summary>
public sealed class AnyOperationTests(LinksFixture fixture)
{
    [Fact]
    public async Task Unknown_and_repeated_parameters_are_refused()
    {
        using var client = fixture.Links.ClientOf();

        var (accepted, refused) = await DescribedRequests.WithWrongParametersAsync(client.Http);

        accepted.ShouldBeEmpty();
        refused.ShouldBeGreaterThan(10);
    }

    [Fact]
    public async Task HEAD_answers_as_GET()
    {
        using var client = fixture.Links.ClientOf();
        (await DescribedRequests.WithDifferentHeadAsync(client.Http)).ShouldBeEmpty();
    }
}
