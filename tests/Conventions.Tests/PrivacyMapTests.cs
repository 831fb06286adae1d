using System.Runtime.CompilerServices;
using LinkShort.ServiceDefaults.Privacy;

namespace LinkShort.Conventions.Tests;

public sealed class PrivacyMapTests
{
    private static readonly DataMap[] Maps =
    [
        Identity.Storage.PersonalData.Map,
        Links.Storage.PersonalData.Map,
        Analytics.Storage.PersonalData.Map,
        Notification.Storage.PersonalData.Map,
        Redirect.Storage.PersonalData.Map,
        Billing.Storage.PersonalData.Map,
    ];

    [Fact]
    public void The_privacy_page_matches_the_maps()
    {
        var file = Path.Combine(Folder(), "..", "..", "docs", "privacy.md");
        var actual = PrivacyMap.Write(Maps);
        if (Environment.GetEnvironmentVariable("APPROVE_PRIVACY") == "1")
        {
            File.WriteAllText(file, actual);
            return;
        }

        (File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "").ShouldBe(actual.ReplaceLineEndings("\n"),
            "docs/privacy.md is not what PersonalData.cs of the services says. Run  APPROVE_PRIVACY=1 dotnet test tests/Conventions.Tests  and commit it.");
    }

    [Fact]
    public void Every_service_with_migrations_has_a_map()
    {
        var services = Directory.GetDirectories(Path.Combine(Folder(), "..", "..", "services"))
            .Where(folder => Directory.Exists(Path.Combine(folder, "Storage", "Migrations")))
            .Select(folder => Path.GetFileName(folder)!.ToLowerInvariant());

        Maps.Select(map => map.Service).ShouldBe(services, ignoreOrder: true);
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
