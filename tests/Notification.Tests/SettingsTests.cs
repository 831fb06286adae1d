using System.Diagnostics;

namespace LinkShort.Notification.Tests;

public sealed class SettingsTests(NotificationFixture fixture)
{
    [Theory]
    [InlineData("Smtp__Port", "Smtp__Host=localhost", "Smtp__From=a@b.example", "Smtp__Port=70000")]
    [InlineData("Smtp__Security", "Smtp__Host=localhost", "Smtp__From=a@b.example", "Smtp__Security=ssl")]
    [InlineData("Smtp__From", "Smtp__Host=localhost")]
    [InlineData("Smtp__From", "Smtp__From=not an address")]
    [InlineData("Smtp__User/Password", "Smtp__Host=localhost", "Smtp__From=a@b.example", "Smtp__User=me")]
    [InlineData("Smtp__CertificateAuthority", "Smtp__Host=localhost", "Smtp__From=a@b.example", "Smtp__CertificateAuthority=/nowhere.pem")]
    [InlineData("Notification__PublicUrl", "Notification__PublicUrl=links.example.com")]
    [InlineData("LINKSHORT_DATA", "LINKSHORT_DATA=/dev/null/data")]
    public async Task A_bad_setting_stops_the_start_and_is_reported(string key, params string[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "LinkShort.Notification.dll")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var (name, value) in await fixture.SettingsAsync())
        {
            start.Environment[name.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        start.Environment["LINKSHORT_DATA"] = Path.Combine(Path.GetTempPath(), "linkshort-never-used");
        foreach (var setting in settings)
        {
            start.Environment[setting.Split('=')[0]] = setting.Split('=')[1];
        }

        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);

            process.ExitCode.ShouldNotBe(0);
            (await output + errors).ShouldContain($"Setting {key}");
        }
        finally
        {
            process.Kill();
        }
    }
}
