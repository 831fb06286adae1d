using System.Net;
using LinkShort.Values;

namespace LinkShort.ServiceDefaults.Tests.Privacy;

public sealed class NetworkPrefixTests
{
    [Theory]
    [InlineData("203.0.113.77", "203.0.113.0/24", "203.0.113.77/32")]
    [InlineData("::ffff:203.0.113.77", "203.0.113.0/24", "203.0.113.77/32")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", "2001:db8:1:2::/64")]
    public void An_address_is_reduced_to_its_network(string address, string coarse, string fine)
    {
        NetworkPrefix.Coarse(IPAddress.Parse(address)).ShouldBe(coarse);
        NetworkPrefix.Fine(IPAddress.Parse(address)).ShouldBe(fine);
    }

    [Fact]
    public void Without_an_address_there_is_no_network() => NetworkPrefix.Coarse(null).ShouldBeNull();
}
