using System.Diagnostics;
using LinkShort.ServiceDefaults.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults.Tests.Telemetry;

public sealed class TracedConsoleTests
{
    [Fact]
    public void A_line_on_the_console_names_its_trace()
    {
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        Written(LogLevel.Warning, "first\nsecond", null).ShouldBe(
            $"warn: LinkShort.Tested[7] trace {activity.TraceId}\n      first\n      second\n");
    }

    [Fact]
    public void Outside_a_trace_there_is_no_trace_id_and_an_exception_follows()
    {
        Activity.Current = null;

        Written(LogLevel.Error, "failed", new InvalidTimeZoneException("on purpose")).ShouldBe(
            "fail: LinkShort.Tested[7]\n      failed\n      System.InvalidTimeZoneException: on purpose\n");
    }

    [Theory]
    [InlineData(null, "traced")]
    [InlineData("json", "json")]
    public async Task It_is_the_console_of_every_service_unless_another_is_configured(string? configured, string expected)
    {
        await using var service = await TestedService.StartAsync(
            configure: builder => builder.Logging.AddConsole(), settings: configured is null ? [] : [("Logging:Console:FormatterName", configured)]);

        service.Get<IOptions<ConsoleLoggerOptions>>().Value.FormatterName.ShouldBe(expected);
        service.App.Services.GetServices<ConsoleFormatter>().ShouldContain(formatter => formatter.Name == expected);
    }

    private static string Written(LogLevel level, string message, Exception? exception)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        new TracedConsoleFormatter().Write(new LogEntry<string>(level, "LinkShort.Tested", 7, message, exception, (state, _) => state), null, writer);
        return writer.ToString();
    }
}
