using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>Every public operation, as the OpenAPI document lists them.</summary>
public sealed class AnyOperationTests(IdentityApplication identity)
{
    [Fact]
    public async Task Unknown_and_repeated_parameters_are_refused()
    {
        var op = await Operator.SharedAsync(identity);

        var (accepted, refused) = await DescribedRequests.WithWrongParametersAsync(op.Client);

        accepted.ShouldBeEmpty();
        refused.ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task HEAD_answers_as_GET()
    {
        var op = await Operator.SharedAsync(identity);
        (await DescribedRequests.WithDifferentHeadAsync(op.Client)).ShouldBeEmpty();
    }
}
