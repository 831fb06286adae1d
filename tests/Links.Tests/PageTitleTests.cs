using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LinkShort.Values;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Links.Tests;

/// <summary>A link service whose names resolve as the tests say, and a site that every public address leads to.</summary>
public sealed class TitledSite(LinksFixture fixture) : IAsyncLifetime
{
    private WebApplication _site = null!;

    public LinksService Links { get; private set; } = null!;

    /// <summary>What a name resolves to, one answer after another; the last one stays.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<IPAddress[]>> Names { get; } = new();

    /// <summary>Addresses that were connected to, by port.</summary>
    public ConcurrentQueue<(IPAddress Address, int Port)> Dialled { get; } = new();

    /// <summary>Requests that arrived: their hosts, and the names of their headers.</summary>
    public ConcurrentQueue<(string Host, IReadOnlyList<string> Headers)> Asked { get; } = new();

    public ConcurrentDictionary<string, RequestDelegate> Pages { get; } = new();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _site = builder.Build();
        _site.Run(context =>
        {
            Asked.Enqueue((context.Request.Host.Host, [.. context.Request.Headers.Keys]));
            return Pages.TryGetValue(context.Request.Host.Host + context.Request.Path, out var page) ? page(context) : Task.CompletedTask;
        });
        await _site.StartAsync();
        var port = new Uri(_site.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        var connection = new PublicConnection(
            (host, _) => Task.FromResult(
                IPAddress.TryParse(host, out var address) ? [address]
                : Names.TryGetValue(host, out var answers) && (answers.Count > 1 ? answers.TryDequeue(out var found) : answers.TryPeek(out found)) ? found!
                : throw new SocketException((int)SocketError.HostNotFound)),
            async (addresses, asked, cancellationToken) =>
            {
                Dialled.Enqueue((addresses[0], asked));
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            });
        Links = await fixture.StartAsync(services: services => services.AddSingleton(connection));
    }

    /// <summary>A new host with one page.</summary>
    public string Host(string addresses, RequestDelegate page)
    {
        var host = $"site-{Guid.NewGuid():N}.example.com";
        Names[host] = new(addresses.Split(';').Select(answer => answer.Split(' ').Select(IPAddress.Parse).ToArray()));
        Pages[host + "/"] = page;
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await Links.DisposeAsync();
        await _site.DisposeAsync();
    }
}

/// <summary>GET /links/title: what it reads, and what it never connects to.</summary>
public sealed class PageTitleTests(TitledSite site) : IClassFixture<TitledSite>
{
    private const string Public = "93.184.215.14";

    [Theory]
    [InlineData("text/html", "<html><head><title> Spring \n sale </title></head>", "Spring sale")]
    [InlineData("text/html; charset=utf-8", "<title>A &amp; B &#8211; caf\u00e9</title>", "A & B – café")]
    [InlineData("text/html", "<title>Plain</title><meta property='og:title' content=\"Shared > told\"></head>", "Shared > told")]
    [InlineData("text/html", "<!-- <title>No</title> --><script>var a = '<title>Nor this</title>';</script><title>Yes</title>", "Yes")]
    [InlineData("text/html", "<meta content='x' name=\"OG:Title\" content='y'><TITLE lang=en>Z</TITLE>", "x")]
    [InlineData("text/html", "<title></title>", null)]
    [InlineData("text/html", "no title", null)]
    [InlineData("application/json", "<title>No page</title>", null)]
    [InlineData("text/html", "<title>a\u202Eb\u0007c</title>", "a b c")]
    public async Task The_title_is_one_clean_line(string contentType, string html, string? title) =>
        (await TitleOfAsync(Encoding.UTF8.GetBytes(html), contentType)).ShouldBe(title);

    [Theory]
    [InlineData("text/html; charset=windows-1251", "windows-1251", "Привет")]
    [InlineData("text/html; charset=Shift_JIS", "shift_jis", "日本語の見出し")]
    [InlineData("text/html; charset=\"iso-8859-1\"", "iso-8859-1", "Größe")]
    [InlineData("text/html", "iso-8859-1", "Größe, aber nicht angegeben")]
    [InlineData("text/html; charset=nonsense", "utf-8", "Ω")]
    [InlineData("text/html", "utf-16", "\uFEFFمرحبا")]
    public async Task Charsets_are_understood(string contentType, string encoding, string title)
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var page = Encoding.GetEncoding(encoding).GetBytes(title.StartsWith('\uFEFF') ? $"\uFEFF<title>{title[1..]}</title>" : $"<title>{title}</title>");

        (await TitleOfAsync(page, contentType)).ShouldBe(title.TrimStart('\uFEFF'));
    }

    [Fact]
    public async Task A_charset_that_only_the_page_declares_and_a_long_title()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        (await TitleOfAsync(Encoding.GetEncoding("euc-kr").GetBytes("<meta charset='euc-kr'><title>안녕</title>"), "text/html")).ShouldBe("안녕");

        var cut = (await TitleOfAsync(Encoding.UTF8.GetBytes($"<title>{new string('x', 3000)}</title>"), "text/html"))!;
        cut.Length.ShouldBe(255);
        cut.ShouldEndWith("x…");
    }

    [Fact]
    public async Task Redirects_are_followed_without_cookies_and_only_a_few_times()
    {
        var end = site.Host(Public, Html("<title>There</title>"));
        var start = site.Host(Public, context =>
        {
            context.Response.Headers.SetCookie = "a=b";
            context.Response.Redirect($"http://{end}/");
            return Task.CompletedTask;
        });
        (await FindAsync($"http://{start}/")).ShouldBe("There");
        site.Asked.Where(request => request.Host == end).ShouldHaveSingleItem();

        var loop = site.Host(Public, context =>
        {
            context.Response.Redirect("/");
            return Task.CompletedTask;
        });
        (await FindAsync($"http://{loop}/")).ShouldBeNull();
        site.Asked.Count(request => request.Host == loop).ShouldBe(6);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.1.2.3")]
    [InlineData("169.254.169.254")]
    [InlineData("::1")]
    [InlineData("fd00::1")]
    [InlineData("fe80::1")]
    [InlineData("::ffff:192.168.1.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData(Public + " 10.0.0.1")] // One private address among public ones.
    public async Task A_name_at_a_private_address_is_never_connected_to(string addresses)
    {
        var host = site.Host(addresses, Html("<title>Secret</title>"));
        (await FindAsync($"http://{host}/")).ShouldBeNull();

        // Neither behind a redirect.
        var start = site.Host(Public, context =>
        {
            context.Response.Redirect($"http://{host}/");
            return Task.CompletedTask;
        });
        (await FindAsync($"http://{start}/")).ShouldBeNull();

        site.Asked.ShouldNotContain(request => request.Host == host);
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://0x7f.1/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://localhost:5432/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://site.example.com/")]
    [InlineData("http://user:secret@site.example.com/")]
    public async Task Private_and_strange_addresses_are_refused_and_not_followed_to(string address)
    {
        using var client = site.Links.ClientOf();
        (await client.SendAsync(HttpMethod.Get, $"/api/v1/links/title?url={Uri.EscapeDataString(address)}")).ShouldRefuse("url");

        var before = site.Asked.Count;
        var start = site.Host(Public, context =>
        {
            context.Response.StatusCode = 302;
            context.Response.Headers.Location = address;
            return Task.CompletedTask;
        });
        (await FindAsync($"http://{start}/")).ShouldBeNull();
        site.Asked.Where(request => request.Host == start).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Only_the_ports_of_web_servers_are_asked()
    {
        var host = site.Host(Public, Html("<title>Found</title>"));
        (await FindAsync($"http://{host}:8080/")).ShouldBe("Found");
        (await FindAsync($"http://{host}:5432/")).ShouldBeNull();
        var start = site.Host(Public, async context =>
        {
            context.Response.Redirect($"http://{host}:6379/");
            await Task.CompletedTask;
        });
        (await FindAsync($"http://{start}/")).ShouldBeNull();

        site.Dialled.Select(dialled => dialled.Port).ShouldNotContain(5432);
        site.Dialled.Select(dialled => dialled.Port).ShouldNotContain(6379);
    }

    [Fact]
    public async Task A_name_that_resolves_differently_the_second_time_is_connected_to_as_it_was_checked()
    {
        var host = site.Host($"{Public};127.0.0.1", Html("<title>Once</title>", close: true));

        (await FindAsync($"http://{host}:8443/")).ShouldBe("Once");
        (await FindAsync($"http://{host}:8443/")).ShouldBeNull();

        site.Dialled.Where(dialled => dialled.Port == 8443).Select(dialled => dialled.Address.ToString()).ShouldBe([Public]);
        site.Dialled.ShouldAllBe(dialled => SpecialAddresses.IsPublic(dialled.Address));
    }

    [Fact]
    public async Task Endless_slow_compressed_failing_and_unknown_sites_have_no_title_within_seconds()
    {
        var endless = site.Host(Public, async context =>
        {
            context.Response.ContentType = "text/html";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync(new string(' ', 64 * 1024), context.RequestAborted);
            }
        });
        var silent = site.Host(Public, context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        var compressed = site.Host(Public, context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            return Html("<title>bomb</title>")(context);
        });
        var failing = site.Host(Public, context =>
        {
            context.Response.StatusCode = 500;
            return Html("<title>Error</title>")(context);
        });

        var started = TimeProvider.System.GetTimestamp();
        var titles = await Task.WhenAll(new[] { endless, silent, compressed, failing, "unknown.example.com" }.Select(host => FindAsync($"http://{host}/")));

        titles.ShouldAllBe(title => title == null);
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(30));
        site.Asked.SelectMany(request => request.Headers).Distinct().Order().ShouldBe(["Accept", "Accept-Encoding", "Host", "User-Agent"]);
    }

    private static RequestDelegate Html(string html, bool close = false) => Bytes(Encoding.UTF8.GetBytes(html), "text/html; charset=utf-8", close);

    private static RequestDelegate Bytes(byte[] page, string contentType, bool close = false) => async context =>
    {
        context.Response.ContentType = contentType;
        if (close)
        {
            context.Response.Headers.Connection = "close";
        }

        await context.Response.Body.WriteAsync(page);
    };

    private Task<string?> TitleOfAsync(byte[] page, string contentType) => FindAsync($"http://{site.Host(Public, Bytes(page, contentType))}/");

    private async Task<string?> FindAsync(string url)
    {
        using var client = site.Links.ClientOf();
        var answer = await client.SendAsync(HttpMethod.Get, $"/api/v1/links/title?url={Uri.EscapeDataString(url)}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        ((string?)answer.Json["url"]).ShouldBe(url);
        return (string?)answer.Json["title"];
    }
}
