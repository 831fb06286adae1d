using LinkShort.Notification.Privacy;
using LinkShort.Notification.Storage;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Notification.Tests;

public sealed class PersonalDataTests(NotificationFixture fixture)
{
    [Fact]
    public async Task The_data_map_names_every_table_and_column() =>
        (await PlantedData.DifferencesAsync(PersonalData.Map, fixture.Files.ConnectionString)).ShouldBeEmpty();

    [Fact]
    public async Task Personal_data_is_exported_completely_and_erased_permanently()
    {
        await using var notification = await fixture.StartAsync();
        using var identity = notification.InternalClient();
        var planted = await PlantedData.PlantAsync(notification.Services, new Dictionary<string, object?> { ["outgoing_mail.state"] = "sent" });
        var export = await planted.ExportAsync(notification.Services, identity);
        planted.Exported.ShouldAllBe(text => text.EndsWith("outgoing_mail-state") || export.Contains(text));
        planted.Withheld.ShouldAllBe(text => !export.Contains(text));

        await planted.EraseAsync(notification.Services);
        await Eventually.BecomesAsync(planted.LeftInAsync, left => left is ["erased_people"]);
    }

    [Fact]
    public async Task The_last_email_to_an_erased_user_is_sent_and_then_deleted_with_its_file()
    {
        await using var notification = await fixture.StartAsync();
        var registered = await notification.RegisterAsync();
        await notification.FileToAsync(registered.Email);
        await Eventually.BecomesAsync(() => notification.MailOfAsync(registered.UserId), mail => mail.State == "sent");
        var person = (registered.UserId, Guid.CreateVersion7());
        var planted = await PlantedData.PlantAsync(notification.Services, null, person, "outgoing_mail", "export_parts");

        await planted.EraseAsync(notification.Services);
        await Eventually.BecomesAsync(planted.LeftInAsync, left => left is ["erased_people"]);
        notification.FilesTo(registered.Email).ShouldBeEmpty();

        // An email queued after the erasure, like the one about it: its row remains until it is sent.
        var late = registered with { Email = "late-" + registered.Email };
        await notification.PublishAsync(late);
        await Eventually.BecomesAsync(planted.LeftInAsync, left => left.Contains("outgoing_mail"));
        await Eventually.PassesAsync(async () =>
        {
            await notification.Services.GetRequiredService<MailRetention>().PurgeAsync(CancellationToken.None);
            (await planted.LeftInAsync()).ShouldBe(["erased_people"]);
            notification.FilesTo(late.Email).ShouldBeEmpty();
        }, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Old_emails_are_deleted_but_not_after_an_unconfirmed_jump_of_the_clock()
    {
        await using var notification = await fixture.StartAsync();
        var registered = await notification.RegisterAsync();
        await Eventually.BecomesAsync(() => notification.MailOfAsync(registered.UserId), mail => mail.State == "sent");
        var retention = notification.Services.GetRequiredService<MailRetention>();
        await notification.QueryAsync("update deletion_clock set seen_at = seen_at - interval '60 days' where $1 is not null", registered.UserId);
        await notification.QueryAsync("update outgoing_mail set created_at = created_at - interval '60 days' where user_id = $1", registered.UserId);

        (await retention.PurgeAsync(CancellationToken.None)).ShouldBe(0);
        (await notification.MailOfAsync(registered.UserId)).State.ShouldBe("sent");

        await notification.QueryAsync("update deletion_clock set trusted_from = clock_timestamp() where $1 is not null", registered.UserId);
        await retention.PurgeAsync(CancellationToken.None);
        (await notification.MailOfAsync(registered.UserId)).State.ShouldBeEmpty();
    }
}
