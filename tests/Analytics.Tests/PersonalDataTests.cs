using LinkShort.Analytics.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;

namespace LinkShort.Analytics.Tests;

public sealed class PersonalDataTests(AnalyticsFixture fixture)
{
    [Fact]
    public async Task The_data_map_names_every_table_and_column() =>
        (await PlantedData.DifferencesAsync(PersonalData.Map, fixture.Service.ConnectionString)).ShouldBeEmpty();

    [Fact]
    public async Task All_data_about_a_user_is_exported_and_erased()
    {
        var service = fixture.Service;
        using var identity = service.AnonymousClient();
        identity.DefaultRequestHeaders.Add(InternalKey.Header, Servers.InternalKey);
        var planted = await PlantedData.PlantAsync(service.Services);
        var export = await planted.ExportAsync(service.Services, identity);
        planted.Exported.ShouldNotBeEmpty();
        planted.Exported.ShouldAllBe(text => export.Contains(text));
        planted.Withheld.ShouldAllBe(text => !export.Contains(text));

        await planted.EraseAsync(service.Services);
        await Eventually.BecomesAsync(planted.LeftInAsync, left => left.Count == 0);
    }
}
