using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

/// <summary>
/// During an attack on redirect or the gateway other visitors get all their responses, and the memory of the attacked process grows by no more than
/// <see cref="MemoryBound"/>.
/// </summary>
[Collection(nameof(TakenApart))]
public sealed class AttackTests(WholeSystem system, ITestOutputHelper output)
{
    /// <summary>Generous: a leak would take gigabytes within the seconds of an attack.</summary>
    private const long MemoryBound = 300L << 20;

    private const int IdleConnections = 10_000;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(4);

    public static TheoryData<string> Attacked => ["redirect", "gateway"];

    [Theory]
    [MemberData(nameof(Attacked))]
    public Task Clients_that_send_their_headers_a_byte_at_a_time(string service) => UnderAttackAsync(service, (host, code, end) =>
        ManyAsync(300, async _ =>
        {
            using var socket = await ConnectAsync(host);
            await SendAsync(socket, $"GET /{code} HTTP/1.1\r\nHost: {host.Authority}\r\nX-Slow: ");
            await UntilAsync(TimeSpan.FromMilliseconds(200), () => SendAsync(socket, "x"), end);
        }));

    [Theory]
    [MemberData(nameof(Attacked))]
    public Task Clients_that_send_their_bodies_a_byte_at_a_time(string service) => UnderAttackAsync(service, (host, code, end) =>
        ManyAsync(300, async _ =>
        {
            using var socket = await ConnectAsync(host);
            await SendAsync(socket, $"POST /{code} HTTP/1.1\r\nHost: {host.Authority}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\n");
            await UntilAsync(TimeSpan.FromMilliseconds(200), () => SendAsync(socket, "x"), end);
        }));

    [Theory]
    [MemberData(nameof(Attacked))]
    public Task Floods_of_header_fields_are_431(string service) =>
        RefusedAsync(service, 431, (host, code) =>
            $"GET /{code} HTTP/1.1\r\nHost: {host.Authority}\r\n" + string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: {i}{i}{i}\r\n")));

    [Theory]
    [MemberData(nameof(Attacked))]
    public Task Huge_URLs_are_414(string service) =>
        RefusedAsync(service, 414, (_, _) => $"GET /{new string('x', 4 << 20)} HTTP/1.1\r\n");

    [Theory]
    [MemberData(nameof(Attacked))]
    public Task Clients_that_send_thousands_of_requests_at_once_and_read_no_response(string service) => UnderAttackAsync(service, (host, code, end) =>
    {
        var requests = string.Concat(Enumerable.Repeat($"HEAD /{code} HTTP/1.1\r\nHost: {host.Authority}\r\n\r\n", 2_000));
        return ManyAsync(16, async _ =>
        {
            using var socket = await ConnectAsync(host);
            await UntilAsync(TimeSpan.FromMilliseconds(20), () => SendAsync(socket, requests), end);
        });
    });

    [Theory]
    [MemberData(nameof(Attacked))]
    public async Task Ten_thousand_idle_connections(string service)
    {
        var process = system.ProcessIds(service)[0];
        foreach (var (who, id) in new[] { ("this test", Environment.ProcessId), (service, process) })
        {
            var files = await FileLimitAsync(id);
            Assert.SkipWhen(files < IdleConnections + 1_000, $"{who} may open {files} files, and {IdleConnections} connections need more: raise it with ulimit -n.");
        }

        var sockets = new ConcurrentBag<Socket>();
        try
        {
            await UnderAttackAsync(service, async (host, code, _) =>
            {
                await ManyAsync(40, async number =>
                {
                    for (var i = 0; i < IdleConnections / 40; i++)
                    {
                        var socket = await ConnectAsync(host);
                        sockets.Add(socket);
                        if (number % 2 == 0)
                        {
                            await SendAsync(socket, $"HEAD /{code} HTTP/1.1\r\nHost: {host.Authority}\r\n\r\n");
                            (await StatusAsync(socket)).ShouldBe(302);
                        }
                    }
                });
                sockets.Count.ShouldBe(IdleConnections);
                await Task.Delay(Duration, CancellationToken.None);
            });
            // None of them was closed: idle connections are allowed.
            sockets.Count(socket => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0).ShouldBe(0);
        }
        finally
        {
            foreach (var socket in sockets)
            {
                socket.Dispose();
            }
        }
    }

    /// <param name="attack">With the host, an existing code, and the end of the attack. Its own connections may break.</param>
    private async Task UnderAttackAsync(string service, Func<Uri, string, CancellationToken, Task> attack)
    {
        using var user = await system.NewUserAsync();
        var link = await user.CreateLinkAsync("https://example.com/");
        var host = (service == "gateway" ? system.Gateways : system.Redirects)[0];
        await Eventually.PassesAsync(async () =>
        {
            using var answer = await LinkShortClient.FollowAsync(host, link.Code);
            answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        });
        var before = await MemoryAsync(service);
        using var end = new CancellationTokenSource(Duration);

        await using var visitors = Load.Start([host], [link.Code], perSecond: 200, connections: 4);
        await attack(host, link.Code, end.Token);
        var answered = visitors.Answered;
        var grown = await MemoryAsync(service) - before;
        output.WriteLine($"{service}: {answered} answers to others, {visitors.Errors.Count} errors, memory {before >> 20} MiB and {grown >> 20} more");
        // And after the attack.
        await Eventually.PassesAsync(() =>
        {
            visitors.Answered.ShouldBeGreaterThan(answered + 50);
            return Task.CompletedTask;
        });
        visitors.Errors.ShouldBeEmpty();
        // Slower, because the machine is busy, but all the time. Without the attack there would have been 800.
        answered.ShouldBeGreaterThan(40);
        grown.ShouldBeLessThan(MemoryBound);
    }

    /// <summary>Repeats a request on 16 connections that is refused with this status.</summary>
    private async Task RefusedAsync(string service, int status, Func<Uri, string, string> request)
    {
        var statuses = new ConcurrentBag<int>();
        var target = system.Redirects[0];
        var text = "";
        await UnderAttackAsync(service, (host, code, end) =>
        {
            (target, text) = (host, request(host, code));
            return ManyAsync(16, _ => UntilAsync(TimeSpan.FromMilliseconds(20), SendOneAsync, end));
        });
        // Some are closed while they are still sending, and then there may be no response to read; on a busy machine this may be all of them.
        await Eventually.PassesAsync(async () =>
        {
            await ManyAsync(1, _ => SendOneAsync());
            statuses.ShouldContain(status);
        });
        statuses.Where(each => each != 0).Distinct().ShouldBe([status]);

        async Task SendOneAsync()
        {
            using var socket = await ConnectAsync(target);
            await SendAsync(socket, text);
            statuses.Add(await StatusAsync(socket));
        }
    }

    private static Task ManyAsync(int count, Func<int, Task> client) => Task.WhenAll(Enumerable.Range(0, count).Select(async number =>
    {
        try
        {
            await client(number);
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            // Closed by the server, as expected.
        }
    }));

    private static async Task UntilAsync(TimeSpan pause, Func<Task> act, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            // Sending blocks when the other end does not read.
            await Task.WhenAny(act(), Task.Delay(Timeout.Infinite, end)).Unwrap().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(pause, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<Socket> ConnectAsync(Uri host)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(host.Host, host.Port);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text), SocketFlags.None);

    /// <returns>0 if the connection was closed without a response.</returns>
    private static async Task<int> StatusAsync(Socket socket)
    {
        var buffer = new byte[4096];
        try
        {
            var count = await socket.ReceiveAsync(buffer, SocketFlags.None);
            return count < 12 ? 0 : int.Parse(Encoding.ASCII.GetString(buffer, 9, 3), CultureInfo.InvariantCulture);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private async Task<long> MemoryAsync(string service)
    {
        var resident = 0L;
        foreach (var process in system.ProcessIds(service))
        {
            var line = (await File.ReadAllLinesAsync($"/proc/{process}/status")).Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            resident += long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
        }

        return resident;
    }

    private static async Task<long> FileLimitAsync(int process)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{process}/limits")).Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return long.TryParse(line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var files) ? files : long.MaxValue;
    }
}
