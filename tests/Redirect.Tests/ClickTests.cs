using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.Extensions.Options;

namespace LinkShort.Redirect.Tests;

public sealed class ClickTests : IClassFixture<OneReplica>
{
    private readonly Installation _installation;
    private readonly ReplicaProcess _replica;

    public ClickTests(OneReplica one)
    {
        _installation = one.Installation;
        _replica = one.Replica;
        // Each test waits for all of its clicks, so later ones belong to this test.
        _installation.Batches.Clear();
    }

    [Fact]
    public async Task GET_is_a_click_and_HEAD_is_not()
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));
        var before = TimeProvider.System.GetUtcNow();

        using (var request = new HttpRequestMessage(HttpMethod.Get, "/" + link.Code))
        {
            request.Headers.TryAddWithoutValidation("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)");
            request.Headers.TryAddWithoutValidation("Referer", "https://news.example/item?id=1");
            request.Headers.TryAddWithoutValidation("Accept-Language", "de-CH,de;q=0.9");
            request.Headers.TryAddWithoutValidation("Sec-Purpose", "prefetch");
            using var followed = await _replica.Http.SendAsync(request);
        }

        using var head = await _replica.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/" + link.Code));
        await _replica.FollowAsync(Installation.NewCode());
        await _replica.FollowAsync(link.Code);
        await _installation.ClicksBecomeAsync(2);

        ((int)head.StatusCode).ShouldBe(302);
        var click = _installation.Clicks[0];
        click.LinkId.ShouldBe(link.LinkId);
        click.WorkspaceId.ShouldBe(link.WorkspaceId);
        click.UserAgent.ShouldBe("Mozilla/5.0 (X11; Linux x86_64)");
        click.Referrer.ShouldBe("https://news.example/item?id=1");
        click.AcceptLanguage.ShouldBe("de-CH,de;q=0.9");
        click.Purpose.ShouldBe("prefetch");
        click.Visitor.ShouldNotBeNull();
        click.At.ShouldBeInRange(before, TimeProvider.System.GetUtcNow());
        _installation.Clicks[1].UserAgent.ShouldBeNull();
        _installation.Batches.ShouldAllBe(batch => batch.BatchId.Version == 7);
    }

    [Theory]
    [InlineData("Sec-GPC")]
    [InlineData("DNT")]
    public async Task Visitors_who_ask_not_to_be_profiled_are_counted_without_a_hash(string field)
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));

        await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1\r\n{field}: 1");
        await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1\r\n{field}: 0");
        await _installation.ClicksBecomeAsync(2);

        _installation.Clicks.Count(click => click.Visitor is null).ShouldBe(1);
    }

    [Fact]
    public async Task Odd_header_bytes_are_recorded_as_text_and_truncated()
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));

        // Latin-1, UTF-8 (one char per byte), a control character, and values that are too long.
        var latin = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1\r\nUser-Agent: caf\u00e9\r\nReferer: https://e.example/\u00c3\u00bc");
        var control = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1\r\nUser-Agent: a\u0001b\tc");
        var @long = await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1\r\nUser-Agent: {new string('u', 2_000)}\r\n"
            + $"Referer: {new string('r', 4_000)}\r\nAccept-Language: {new string('l', 400)}\r\nPurpose: {new string('p', 100)}");
        await _installation.ClicksBecomeAsync(RawHttp.StatusOf(control) == 302 ? 3 : 2);

        RawHttp.StatusOf(latin).ShouldBe(302);
        RawHttp.StatusOf(@long).ShouldBe(302);
        _installation.Clicks.ShouldContain(click => click.UserAgent == "caf\u00e9" && click.Referrer == "https://e.example/\u00fc");
        _installation.Clicks.ShouldAllBe(click => click.UserAgent == null || !click.UserAgent.Any(char.IsControl));
        _installation.Clicks.ShouldContain(click =>
            click.UserAgent == new string('u', 512) && click.Referrer == new string('r', 1_024)
            && click.AcceptLanguage == new string('l', 128) && click.Purpose == new string('p', 64));
    }

    [Fact]
    public async Task Visitors_are_distinguished_by_address_user_agent_and_workspace_in_the_same_way_on_every_replica()
    {
        var first = _replica;
        var second = await _installation.AddProcessAsync();
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));
        var other = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));
        // Both replicas share the daily salt when one visitor has the same hash on both.
        await Eventually.PassesAsync(async () =>
        {
            _installation.Batches.Clear();
            await VisitAsync(first, link, "203.0.113.7", "a");
            await VisitAsync(second, link, "203.0.113.7", "a");
            await Eventually.BecomesAsync(() => Task.FromResult(_installation.Clicks.Count), count => count >= 2);
            _installation.Clicks.DistinctBy(click => click.Visitor).Count().ShouldBe(1);
        });

        _installation.Batches.Clear();
        await VisitAsync(first, link, "203.0.113.7", "a");
        await VisitAsync(first, link, "203.0.113.8", "a");
        await VisitAsync(first, link, "203.0.113.7", "b");
        await VisitAsync(first, other, "203.0.113.7", "a");
        await VisitAsync(second, link, "2001:db8::7", "a");
        // Without the proxy key the forwarded address is ignored: both visits have the socket's address.
        await RawHttp.SendAsync(first.Address, $"GET /{link.Code} HTTP/1.1\r\nUser-Agent: c\r\nX-Forwarded-For: 203.0.113.7");
        await RawHttp.SendAsync(second.Address, $"GET /{link.Code} HTTP/1.1\r\nUser-Agent: c\r\nX-Forwarded-For: 203.0.113.8");
        await _installation.ClicksBecomeAsync(7);
        _installation.Clicks.DistinctBy(click => click.Visitor).Count().ShouldBe(6);

        Task VisitAsync(ReplicaProcess replica, LinkSnapshot to, string address, string userAgent) => RawHttp.SendAsync(
            replica.Address, $"GET /{to.Code} HTTP/1.1\r\nUser-Agent: {userAgent}\r\nX-Forwarded-For: 198.51.100.1, {address}\r\nX-Proxy-Key: {Proof}");
    }

    [Fact]
    public async Task No_address_is_written_to_disk_or_to_a_message()
    {
        var link = await _installation.CreateAsync(Installation.Link(Installation.NewCode()));

        await RawHttp.SendAsync(_replica.Address, $"GET /{link.Code} HTTP/1.1\r\nX-Forwarded-For: 203.0.113.77\r\nX-Proxy-Key: {Proof}");

        byte[] planted = [203, 0, 113, 77];
        foreach (var file in Directory.EnumerateFiles(_installation.DataFolder, "*.seg", SearchOption.AllDirectories))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            await stream.ReadExactlyAsync(bytes);
            bytes.AsSpan().IndexOf(planted).ShouldBe(-1);
            bytes.AsSpan().IndexOf("203.0.113.77"u8).ShouldBe(-1);
        }

        await _installation.ClicksBecomeAsync(1);
        System.Text.Json.JsonSerializer.Serialize(_installation.Clicks).ShouldNotContain("203.0.113.77");
        _installation.Batches.Count(batch => batch.Packed.AsSpan().IndexOf(planted) >= 0).ShouldBe(0);
    }

    private static string Proof => new InternalKey(Options.Create(new InternalKeyOptions { Key = Servers.InternalKey })).ProxyKey;
}
