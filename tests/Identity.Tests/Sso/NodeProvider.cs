using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace LinkShort.Identity.Tests.Sso;

/// <summary>npm's oidc-provider in a separate process, with its sign-in and consent pages.</summary>
public sealed partial class NodeProvider : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private NodeProvider(Process process, string issuer) => (_process, Issuer) = (process, issuer);

    public string Issuer { get; }

    /// <param name="clients">In the format of oidc-provider's configuration.</param>
    public static async Task<NodeProvider> StartAsync(params object[] clients)
    {
        // The script's packages are in the project folder, not in its output.
        var folder = Path.GetFullPath("../../..", AppContext.BaseDirectory);
        var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(folder, "Sso", "provider.mjs"), JsonSerializer.Serialize(new { clients })])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(Timeout);
        while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            if (line.StartsWith("listening ", StringComparison.Ordinal))
            {
                // Read the output, or the pipe would fill up.
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                return new NodeProvider(process, line["listening ".Length..]);
            }
        }

        throw new InvalidOperationException("oidc-provider did not start: " + await errors);
    }

    /// <summary>Acts as the user's browser: follows redirects, signs in and consents, until the provider redirects back.</summary>
    /// <returns>The URL that the browser would open next.</returns>
    public async Task<Uri> SignInAsync(string authorizationUrl, string login, Uri redirectUri)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
        using var browser = new HttpClient(handler) { Timeout = Timeout };
        var at = new Uri(authorizationUrl);
        var response = await browser.GetAsync(at);
        for (var step = 0; step < 12; step++)
        {
            if (response.Headers.Location is { } location)
            {
                at = new Uri(at, location);
                if (at.GetLeftPart(UriPartial.Path) == redirectUri.GetLeftPart(UriPartial.Path))
                {
                    return at;
                }

                response = await browser.GetAsync(at);
                continue;
            }

            var page = await response.Content.ReadAsStringAsync();
            var form = Form().Match(page);
            form.Success.ShouldBeTrue(page);
            var isLogin = page.Contains("value=\"login\"", StringComparison.Ordinal);
            var action = WebUtility.HtmlDecode(form.Groups[1].Value);
            at = new Uri(at, action);
            response = await browser.PostAsync(at, new FormUrlEncodedContent(isLogin
                ? new Dictionary<string, string> { ["prompt"] = "login", ["login"] = login, ["password"] = "anything" }
                : new Dictionary<string, string> { ["prompt"] = "consent" }));
        }

        throw new InvalidOperationException("The provider's pages come to no end.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    [GeneratedRegex("<form[^>]*action=\"([^\"]+)\"")]
    private static partial Regex Form();
}
