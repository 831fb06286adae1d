using LinkShort.Links.Storage;
using LinkShort.Testing;

namespace LinkShort.Links.Tests;

public sealed class PersonalDataTests(LinksFixture fixture)
{
    [Fact]
    public async Task The_data_map_names_every_table_and_column()
    {
        await using var links = await fixture.StartAsync();
        (await PlantedData.DifferencesAsync(PersonalData.Map, links.Settings["ConnectionStrings:linksdb"]!)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Personal_data_is_exported_completely_and_erased_permanently()
    {
        await using var links = await fixture.StartAsync();
        // Events that no queue takes would remain.
        await using var events = await EventTap.StartAsync(links.Messaging);
        using var identity = links.Internal();
        var planted = await PlantedData.PlantAsync(links.Services, new Dictionary<string, object?>
        {
            ["links.redirect_type"] = 302,
            ["links.expires_at"] = null,
            ["idempotency_keys.status"] = (short)201,
        });
        var export = await planted.ExportAsync(links.Services, identity);
        planted.Exported.ShouldNotBeEmpty();
        planted.Exported.ShouldAllBe(text => export.Contains(text));
        planted.Withheld.ShouldAllBe(text => !export.Contains(text));
        export.ShouldContain("links.csv");

        await planted.EraseAsync(links.Services);
        await Eventually.BecomesAsync(planted.LeftInAsync, left => left.Count == 0);
    }
}
