using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

/// <summary>Every public operation, as the OpenAPI document lists them.</summary>
public sealed class AnyOperationTests(AnalyticsFixture fixture)
{
    [Fact]
    public async Task Unknown_and_repeated_parameters_are_refused()
    {
        using var client = fixture.Service.Client(Guid.CreateVersion7());

        var (accepted, refused) = await DescribedRequests.WithWrongParametersAsync(client);

        accepted.ShouldBeEmpty();
        refused.ShouldBe(13);
    }

    [Fact]
    public async Task HEAD_answers_as_GET()
    {
        using var client = fixture.Service.Client(Guid.CreateVersion7());
        (await DescribedRequests.WithDifferentHeadAsync(client)).ShouldBeEmpty();
    }
}
