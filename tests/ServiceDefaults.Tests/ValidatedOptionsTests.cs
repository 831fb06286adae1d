using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Tests;

public sealed class ValidatedOptionsTests
{
    [Theory]
    [InlineData("Count", "many", "Setting Some__Part__Count is 'many'. Set it to a whole number.")]
    [InlineData("Count", "0", "Setting Some__Part__Count: must be from 1 to 9.")]
    [InlineData("Most", "1.5", "Setting Some__Part__Most is '1.5'. Set it to a whole number.")]
    [InlineData("Share", "half", "Setting Some__Part__Share is 'half'. Set it to a number.")]
    [InlineData("IsOn", "perhaps", "Setting Some__Part__IsOn is 'perhaps'. Set it to true or false.")]
    [InlineData("Interval", "5 minutes", "Setting Some__Part__Interval is '5 minutes'. Set it to a duration such as 00:05:00.")]
    [InlineData("Day", "Someday", "Setting Some__Part__Day is 'Someday'. Set it to one of Sunday, Monday, Tuesday, Wednesday, Thursday, Friday, Saturday.")]
    [InlineData("ByPlan:pro", "lots", "Setting Some__Part__ByPlan__pro is 'lots'. Set it to a whole number.")]
    [InlineData("Ports:1", "http", "Setting Some__Part__Ports__1 is 'http'. Set it to a whole number.")]
    [InlineData("Inner:Count", "few", "Setting Some__Part__Inner__Count is 'few'. Set it to a whole number.")]
    public async Task A_value_that_cannot_be_read_stops_the_start_with_its_key_and_the_fix(string key, string value, string message)
    {
        using var host = Host($"Some:Part:{key}", value);

        (await Should.ThrowAsync<OptionsValidationException>(() => host.StartAsync())).Message.ShouldBe(message);
    }

    [Fact]
    public async Task Values_that_can_be_read_are_bound()
    {
        using var host = Host("Some:Part:Interval", "00:05:00");
        await host.StartAsync();

        host.Services.GetRequiredService<IOptions<Part>>().Value.Interval.ShouldBe(TimeSpan.FromMinutes(5));
    }

    private static IHost Host(string key, string value)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new(key, value)]);
        builder.AddValidatedOptions<Part>("Some:Part");
        return builder.Build();
    }

    private sealed class Part
    {
        [Range(1, 9, ErrorMessage = "must be from 1 to 9.")]
        public int Count { get; set; } = 1;

        public long? Most { get; set; }

        public double Share { get; set; }

        public bool IsOn { get; set; }

        public TimeSpan Interval { get; set; }

        public DayOfWeek Day { get; set; }

        public Dictionary<string, int> ByPlan { get; } = [];

        public IReadOnlyList<int> Ports { get; set; } = [];

        public Nested Inner { get; set; } = new();
    }

    private sealed class Nested
    {
        public int Count { get; set; }
    }
}
