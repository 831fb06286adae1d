using LinkShort.Redirect.ReadModel;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Redirect.Tests;

/// <summary><c>ShortDomain__CaseInsensitiveCodes</c> makes codes case-insensitive.</summary>
public sealed class CodeCaseTests(ServersFixture fixture)
{
    [Fact]
    public async Task Codes_are_found_in_any_case_and_changing_the_setting_needs_no_rebuild()
    {
        await using var installation = await Installation.StartAsync(fixture.Servers);
        var exact = await installation.AddReplicaAsync();
        var link = await installation.CreateAsync(Installation.Link("Launch-\u00c4rger", "https://e.example/1") with { Aliases = ["OLD"] });
        var plain = await installation.CreateAsync(Installation.Link("plain", "https://e.example/plain"));
        (await exact.FollowAsync("Launch-%C3%84rger")).ShouldBe("https://e.example/1");
        (await exact.FollowAsync("launch-%C3%A4rger")).ShouldBe("NotFound");
        await Eventually.BecomesAsync(() => exact.FollowAsync("OLD"), answer => answer == "https://e.example/1");
        var store = exact.Services.GetRequiredService<RouteStore>();
        await Eventually.BecomesAsync(() => store.CreatedAtAsync(plain.LinkId, plain.WorkspaceId, CancellationToken.None), created => created is not null);
        await exact.DisposeAsync();

        installation.Settings["ShortDomain:CaseInsensitiveCodes"] = "true";
        installation.Links.FoldsCodes = true;
        Replica[] replicas = [await installation.AddReplicaAsync(), await installation.AddReplicaAsync()];

        installation.Links.IsAway = true;
        foreach (var code in new[] { "Launch-%C3%84rger", "launch-%C3%A4rger", "LAUNCH-%C3%84RGER", "launch-a%CC%88rger", "old", "Old/" })
        {
            (await replicas[0].FollowAsync(code)).ShouldBe("https://e.example/1", code);
        }

        (await replicas[0].FollowAsync("PLAIN")).ShouldBe("https://e.example/plain");
        (await replicas[0].Http.GetStringAsync("/Plain+")).ShouldContain("https://e.example/plain");

        // Changes apply to every spelling on every replica.
        installation.Links.IsAway = false;
        (await replicas[1].FollowAsync("oLD")).ShouldBe("https://e.example/1");
        link = await installation.CreateAsync(link with { Destination = "https://e.example/2", Version = 2 });
        foreach (var replica in replicas)
        {
            await Eventually.BecomesAsync(() => replica.FollowAsync("LAUNCH-%C3%A4rger"), answer => answer == "https://e.example/2");
            await Eventually.BecomesAsync(() => replica.FollowAsync("oLd"), answer => answer == "https://e.example/2");
        }

        installation.Links.Links.Clear();
        await installation.RemoveAsync(link);
        foreach (var replica in replicas)
        {
            await Eventually.BecomesAsync(() => replica.FollowAsync("LAUNCH-%C3%A4rger"), answer => answer == "NotFound");
            await Eventually.BecomesAsync(() => replica.FollowAsync("oLd"), answer => answer == "NotFound");
        }
    }
}
