using LinkShort.Values;

namespace LinkShort.Links.Tests;

public sealed class TimeZoneTests
{
    [Theory]
    [InlineData("UTC", true)]
    [InlineData("Europe/Berlin", true)]
    [InlineData("America/Argentina/Buenos_Aires", true)]
    [InlineData("Etc/GMT+5", true)]
    [InlineData("Europe/Atlantis", false)]
    [InlineData("posix/Europe/Berlin", false)]
    [InlineData("right/Europe/Berlin", false)]
    [InlineData("Europe//Berlin", false)]
    [InlineData("Europe/./Berlin", false)]
    [InlineData("./Europe/Berlin", false)]
    [InlineData("../zoneinfo/Europe/Berlin", false)]
    [InlineData("/usr/share/zoneinfo/Europe/Berlin", false)]
    [InlineData("Europe/Berlin\n", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_names_of_zones_are_looked_up(string? name, bool exists) => TimeZones.TryFind(name, out _).ShouldBe(exists);
}
