using LinkShort.Testing;

namespace LinkShort.Notification.Tests;

public sealed class OutageTests(NotificationFixture fixture)
{
    [Fact]
    public async Task A_user_who_signs_up_during_a_database_outage_is_welcomed_afterwards()
    {
        await using var servers = fixture.Servers.BehindProxies();
        await using var service = await NotificationUnderTest.StartAsync(servers);
        await servers.StopAsync(Servers.Postgres);

        var users = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => service.RegisterAsync()));
        await servers.StartAgainAsync(Servers.Postgres);

        foreach (var user in users)
        {
            await Eventually.BecomesAsync(() => Task.FromResult(service.FilesTo(user.Email).Count), count => count == 1);
        }
    }
}
