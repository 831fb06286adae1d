using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace LinkShort.SystemTests;

/// <summary>The commands in the dashboard, as AppHost.cs declares them. Nothing is started.</summary>
public sealed class OperatorCommandsTests
{
    [Theory]
    [InlineData("", true)]
    [InlineData("smtp.example.com", false)]
    public async Task Recent_emails_can_be_opened_only_while_they_are_kept_here(string smtpServer, bool areKept)
    {
        var commands = await CommandsAsync($"--Smtp:Host={smtpServer}");
        commands["notification"].Any(command => command.Name == "open-mails").ShouldBe(areKept);
    }

    [Fact]
    public async Task Commands_that_take_something_out_of_service_for_good_or_for_visitors_ask_first()
    {
        var commands = await CommandsAsync();
        commands["links"].Single(command => command.Name == "suspend").ConfirmationMessage.ShouldBe("Suspend it? Visitors get an error from then on.");
        foreach (var service in (string[])["identity", "links", "redirect", "analytics", "notification", "billing"])
        {
            commands[service].Single(command => command.Name == "drop-parked-messages").ConfirmationMessage.ShouldBe("Delete the messages? Their events never take effect.");
        }
    }

    private static async Task<Dictionary<string, List<ResourceCommandAnnotation>>> CommandsAsync(params string[] settings)
    {
        var data = Directory.CreateTempSubdirectory("linkshort-commands-");
        try
        {
            await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([$"--LINKSHORT_DATA={data.FullName}", "--LINKSHORT_TEMPORARY=true", .. settings]);
            return builder.Resources.ToDictionary(resource => resource.Name, resource => resource.Annotations.OfType<ResourceCommandAnnotation>().ToList());
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
