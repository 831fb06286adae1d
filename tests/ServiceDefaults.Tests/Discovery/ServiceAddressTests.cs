using LinkShort.ServiceDefaults.Discovery;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.ServiceDefaults.Tests.Discovery;

/// <summary>The cases of Aspire's convention: https://aspire.dev/fundamentals/service-discovery/.</summary>
public sealed class ServiceAddressTests
{
    [Theory]
    [InlineData("http://links", "http://localhost:5001/ http://localhost:5002/")]
    [InlineData("https://links", "https://localhost:6001/")]
    [InlineData("https+http://links", "https://localhost:6001/")]
    [InlineData("http+https://links", "http://localhost:5001/ http://localhost:5002/")]
    [InlineData("http://LINKS/some/path?q=1", "http://localhost:5001/ http://localhost:5002/")]
    [InlineData("http://_admin.links", "http://localhost:7001/")]
    [InlineData("https+http://_admin.links", "https://localhost:7002/")]
    [InlineData("http://_missing.links", "")]
    [InlineData("https+http://redirect", "http://localhost:8001/")]
    [InlineData("https://redirect", "")]
    [InlineData("https+http://analytics", "http://localhost:9001/")]
    [InlineData("https+http://bare", "https://localhost:4001/")]
    [InlineData("http://bare", "http://localhost:4001/")]
    [InlineData("https+http://basket", "http://localhost:3001/")]
    [InlineData("http://unknown", "")]
    [InlineData("http://127.0.0.1", "")]
    [InlineData("http://[::1]", "")]
    [InlineData("http://links.example", "")]
    public async Task Addresses_are_read_from_the_settings_as_Aspire_writes_them(string address, string expected)
    {
        using var outgoing = new Outgoing([
            ("services:links:http:1", "http://localhost:5002"),
            ("services:links:http:0", "http://localhost:5001"),
            ("services:links:https:0", "https://localhost:6001"),
            ("services:links:admin:0", "http://localhost:7001"),
            ("services:links:admin:1", "https://localhost:7002"),
            ("services:redirect:http:0", "http://localhost:8001"),
            ("services:analytics:http", "http://localhost:9001"),
            ("services:bare:https", "localhost:4001"),
            ("services:bare:http", "localhost:4001"),
            ("services:basket:default:0", "http://localhost:3001"),
            ("services:basket:http:0", "http://localhost:3002"),
        ]);

        string.Join(' ', await AddressesAsync(outgoing, address)).ShouldBe(expected);
        string.Join(' ', await AddressesAsync(outgoing, address)).ShouldBe(expected, "the second answer comes from memory");
    }

    [Fact]
    public async Task Environment_variables_name_replicas_as_Aspire_injects_them()
    {
        Environment.SetEnvironmentVariable("LSTEST_services__links__http__0", "http://localhost:5001");
        Environment.SetEnvironmentVariable("LSTEST_services__links__http__1", "http://localhost:5002");
        using var outgoing = new Outgoing([]);
        outgoing.Configuration.AddEnvironmentVariables("LSTEST_");

        (await AddressesAsync(outgoing, "https+http://links")).Select(address => address.Port).ShouldBe([5001, 5002]);
    }

    [Fact]
    public async Task Ten_and_more_replicas_keep_the_order_of_their_numbers()
    {
        using var outgoing = new Outgoing(Enumerable.Range(0, 12).Reverse().Select(i => ($"services:links:http:{i}", $"http://localhost:{5000 + i}")));

        (await AddressesAsync(outgoing, "http://links")).Select(address => address.Port).ShouldBe(Enumerable.Range(5000, 12));
    }

    [Fact]
    public async Task A_changed_setting_takes_effect_and_is_signalled()
    {
        using var outgoing = new Outgoing([("services:links:http:0", "http://localhost:5001")]);
        (await AddressesAsync(outgoing, "http://links")).ShouldHaveSingleItem().Port.ShouldBe(5001);
        (await AddressesAsync(outgoing, "http://late")).ShouldBeEmpty();
        var change = (await outgoing.Services.GetRequiredService<ServiceEndpointResolver>().GetEndpointsAsync("http://links", CancellationToken.None)).ChangeToken;

        outgoing.Configuration["services:links:http:0"] = "http://localhost:5002";
        outgoing.Configuration["services:late:http:0"] = "http://localhost:5003";
        ((IConfigurationRoot)outgoing.Configuration).Reload();

        change.HasChanged.ShouldBeTrue();
        (await AddressesAsync(outgoing, "http://links")).ShouldHaveSingleItem().Port.ShouldBe(5002);
        (await AddressesAsync(outgoing, "http://late")).ShouldHaveSingleItem().Port.ShouldBe(5003);
    }

    [Theory]
    [InlineData("services:links:http:0", "")]
    [InlineData("services:links:http:0", "ftp://localhost")]
    [InlineData("services:links:http:0", "http://")]
    [InlineData("services:links:http:first", "http://localhost:1")]
    [InlineData("services:links:https", "localhost:port")]
    public async Task A_setting_that_is_not_an_address_stops_the_start_and_is_named_in_the_error(string key, string value)
    {
        using var outgoing = new Outgoing([(key, value)]);

        (await Should.ThrowAsync<OptionsValidationException>(outgoing.StartAsync())).Message.ShouldContain($"Setting {key.Replace(":", "__", StringComparison.Ordinal)} is ");
    }

    [Fact]
    public async Task Endpoints_with_other_names_may_use_other_protocols()
    {
        using var outgoing = new Outgoing([("services:links:http:0", "localhost:5001"), ("services:links:smtp:0", "tcp://localhost:25")]);

        await outgoing.StartAsync();

        (await AddressesAsync(outgoing, "http://links")).ShouldHaveSingleItem().ShouldBe(new Uri("http://localhost:5001"));
    }

    [Theory]
    [InlineData("https+http://links/a/b?c=%2F%20d#e", "http://localhost:5001", "http://localhost:5001/a/b?c=%2F%20d")]
    [InlineData("http://links", "https://localhost:5001/base/", "https://localhost:5001/base/")]
    [InlineData("http://links/a%2Fb", "http://localhost:5001/base", "http://localhost:5001/base/a%2Fb")]
    public void The_path_and_query_are_kept_as_they_were_escaped(string request, string endpoint, string expected) =>
        ServiceAddresses.Rebase(new Uri(request), new Uri(endpoint)).AbsoluteUri.ShouldBe(expected);

    private static async Task<IReadOnlyList<Uri>> AddressesAsync(Outgoing outgoing, string address) =>
        await outgoing.Services.GetRequiredService<ServiceEndpointResolver>().GetAddressesAsync(new Uri(address), CancellationToken.None);
}
