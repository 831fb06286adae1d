using System.Text.Json.Nodes;
using LinkShort.Contracts;

namespace LinkShort.Web.LinkBuilder;

/// <summary>A visitor as described in the tester. Empty: unknown.</summary>
public sealed class VisitorForm
{
    public string? Country { get; init; }

    public string? Device { get; init; }

    public string? Os { get; init; }

    public string? Browser { get; init; }

    public string? Language { get; init; }

    public string? Referrer { get; init; }

    public string? Query { get; init; }

    /// <summary>Local time of the viewer; empty for now.</summary>
    public string? At { get; init; }

    public JsonObject ToJson() => new(
        new[] { ("country", Country), ("device", Device), ("os", Os), ("browser", Browser), ("language", Language), ("referrer", Referrer), ("query", Query) }
            .Where(field => !string.IsNullOrWhiteSpace(field.Item2)).Select(field => KeyValuePair.Create(field.Item1, (JsonNode?)field.Item2!.Trim())));
}

/// <summary>The tester's answer, shown below it.</summary>
/// <param name="Problem">Of the visitor or of the draft; null if it was evaluated.</param>
public sealed record TesterAnswer(EvaluationResponse? Answer, Api.ApiProblem? Problem);
