using System.Diagnostics;
using System.Text.Json;
using LinkShort.Testing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>npm's Lighthouse, in a Chromium of its own.</summary>
internal static class Lighthouse
{
    /// <param name="categories">With commas.</param>
    /// <param name="visitor">Whose cookies are sent, or null.</param>
    /// <returns>What lighthouse.mjs prints.</returns>
    public static async Task<JsonDocument> RunAsync(string categories, string url, Visitor? visitor)
    {
        var cookies = visitor is null ? "" : string.Join("; ", visitor.Cookies.Select(cookie => $"{cookie.Name}={cookie.Value}"));
        using var process = Process.Start(new ProcessStartInfo("node", [Checkout.PathOf("tests/Web.Tests/lighthouse.mjs"), ChromiumFixture.Executable(), categories, url, cookies])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0, errors);
        return JsonDocument.Parse(await output);
    }
}
