using LinkShort.ServiceDefaults.Discovery;
using Microsoft.Extensions.Configuration;

namespace LinkShort.ServiceDefaults.Tests.Discovery;

/// <summary>The cases of Aspire's convention: https://aspire.dev/fundamentals/service-discovery/.</summary>
public sealed class ServiceEndpointResolverTests
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
    public void Addresses_are_read_from_the_settings_as_Aspire_writes_them(string address, string expected)
    {
        using var resolver = Resolver(
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
            ("services:basket:http:0", "http://localhost:3002"));

        string.Join(' ', resolver.GetEndpoints(address)).ShouldBe(expected);
        string.Join(' ', resolver.GetEndpoints(address)).ShouldBe(expected, "the second answer comes from memory");
    }

    [Fact]
    public void Environment_variables_name_replicas_as_Aspire_injects_them()
    {
        Environment.SetEnvironmentVariable("LSTEST_services__links__http__0", "http://localhost:5001");
        Environment.SetEnvironmentVariable("LSTEST_services__links__http__1", "http://localhost:5002");
        using var resolver = new ServiceEndpointResolver(new ConfigurationBuilder().AddEnvironmentVariables("LSTEST_").Build());

        resolver.GetEndpoints("https+http://links").Select(endpoint => endpoint.Port).ShouldBe([5001, 5002]);
    }

    [Fact]
    public void Ten_and_more_replicas_keep_the_order_of_their_numbers()
    {
        using var resolver = Resolver([.. Enumerable.Range(0, 12).Reverse().Select(i => ($"services:links:http:{i}", $"http://localhost:{5000 + i}"))]);

        resolver.GetEndpoints("http://links").Select(endpoint => endpoint.Port).ShouldBe(Enumerable.Range(5000, 12));
    }

    [Fact]
    public void A_changed_setting_takes_effect_and_is_signalled()
    {
        var configuration = new ConfigurationManager { ["services:links:http:0"] = "http://localhost:5001" };
        using var resolver = new ServiceEndpointResolver(configuration);
        resolver.GetEndpoints("http://links").ShouldHaveSingleItem().Port.ShouldBe(5001);
        var change = resolver.GetChangeToken();

        configuration["services:links:http:0"] = "http://localhost:5002";
        configuration["services:late:http:0"] = "http://localhost:5003";
        ((IConfigurationRoot)configuration).Reload();

        change.HasChanged.ShouldBeTrue();
        resolver.GetEndpoints("http://links").ShouldHaveSingleItem().Port.ShouldBe(5002);
        resolver.GetEndpoints("http://late").ShouldHaveSingleItem().Port.ShouldBe(5003);
    }

    [Theory]
    [InlineData("services:links:http:0", "", "services:links:http:0")]
    [InlineData("services:links:http:0", "ftp://localhost", "services:links:http:0")]
    [InlineData("services:links:http:0", "http://", "services:links:http:0")]
    [InlineData("services:links:http:first", "http://localhost:1", "services:links:http:first")]
    public void A_setting_that_is_no_address_is_named_in_the_error(string key, string value, string named)
    {
        using var resolver = Resolver((key, value));

        Should.Throw<InvalidOperationException>(() => resolver.GetEndpoints("http://links")).Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("https+http://links/a/b?c=%2F%20d#e", "http://localhost:5001", "http://localhost:5001/a/b?c=%2F%20d")]
    [InlineData("http://links", "https://localhost:5001/base/", "https://localhost:5001/base/")]
    [InlineData("http://links/a%2Fb", "http://localhost:5001/base", "http://localhost:5001/base/a%2Fb")]
    public void The_path_and_query_are_kept_as_they_were_escaped(string request, string endpoint, string expected) =>
        ServiceEndpointResolver.Rebase(new Uri(request), new Uri(endpoint)).AbsoluteUri.ShouldBe(expected);

    private static ServiceEndpointResolver Resolver(params (string Key, string Value)[] settings) => new(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value))).Build());
}
