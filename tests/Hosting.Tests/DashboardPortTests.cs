using Aspire.Hosting;

namespace LinkShort.Hosting.Tests;

public sealed class DashboardPortTests
{
    [Theory]
    [InlineData(null, null, "http://localhost:18888")]
    [InlineData(null, "18999", "http://localhost:18999")]
    // By the launch profile of `dotnet run`, `aspire run` and IDEs.
    [InlineData("http://localhost:18888", null, "http://localhost:18888")]
    [InlineData("http://localhost:18888", "18999", "http://localhost:18999")]
    public void The_setting_outweighs_a_launch_profile(string? profile, string? setting, string address)
    {
        var builder = DistributedApplication.CreateBuilder(
            ["--LINKSHORT_DATA=/nowhere/dashboard", .. profile is null ? (string[])[] : [$"--ASPNETCORE_URLS={profile}"], .. setting is null ? (string[])[] : [$"--LINKSHORT_DASHBOARD_PORT={setting}"]]);
        using var installation = builder.AddInstallation();
        builder.Configuration["ASPNETCORE_URLS"].ShouldBe(address);
    }
}
