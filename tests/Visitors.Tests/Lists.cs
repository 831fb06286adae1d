using System.Text.Json;

namespace LinkShort.Visitors.Tests;

/// <summary>The lists that lists.mjs collects from npm packages during the build.</summary>
public sealed record Lists(
    IReadOnlyList<Lists.Crawler> Crawlers,
    IReadOnlyList<Lists.Browser> Browsers,
    IReadOnlyDictionary<string, IReadOnlyList<Lists.Fixture>> Fixtures)
{
    public static Lists All { get; } = JsonSerializer.Deserialize<Lists>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "lists.json")), JsonSerializerOptions.Web)!;

    /// <summary>An automatic visitor from <c>crawler-user-agents</c>, and whether <c>isbot</c> recognises it.</summary>
    public sealed record Crawler(string UserAgent, IReadOnlyList<string> Tags, bool IsBot);

    /// <summary>
    /// A real browser from <c>user-agents</c> and <c>top-user-agents</c>, with the results of <c>ua-parser-js</c> and <c>isbot</c>.
    /// </summary>
    /// <param name="Count">Occurrences among the 10,000 of <c>user-agents</c>.</param>
    public sealed record Browser(string UserAgent, int Count, string? Name, string? Os, string? Device, bool IsBot);

    /// <summary>A test case of <c>ua-parser-js</c>, from a version whose package includes them.</summary>
    public sealed record Fixture(string UserAgent, string? Expected);
}
