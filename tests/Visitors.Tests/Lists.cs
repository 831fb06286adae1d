using System.Text.Json;

namespace LinkShort.Visitors.Tests;

/// <summary>What lists.mjs gathered from npm packages while the project was built.</summary>
public sealed record Lists(
    IReadOnlyList<Lists.Crawler> Crawlers,
    IReadOnlyList<Lists.Browser> Browsers,
    IReadOnlyDictionary<string, IReadOnlyList<Lists.Fixture>> Fixtures)
{
    public static Lists All { get; } = JsonSerializer.Deserialize<Lists>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "lists.json")), JsonSerializerOptions.Web)!;

    /// <summary>An automatic visitor, of <c>crawler-user-agents</c>, and whether <c>isbot</c> takes it for one.</summary>
    public sealed record Crawler(string UserAgent, IReadOnlyList<string> Tags, bool IsBot);

    /// <summary>A browser as seen on the web, of <c>user-agents</c> and <c>top-user-agents</c>, with what <c>ua-parser-js</c> and <c>isbot</c> make of it.</summary>
    /// <param name="Count">Of the 10,000 of <c>user-agents</c>.</param>
    public sealed record Browser(string UserAgent, int Count, string? Name, string? Os, string? Device, bool IsBot);

    /// <summary>A test case of <c>ua-parser-js</c>, from a version whose package had them.</summary>
    public sealed record Fixture(string UserAgent, string? Expected);
}
