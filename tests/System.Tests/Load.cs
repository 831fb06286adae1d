using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;

namespace LinkShort.SystemTests;

/// <summary>
/// Visitors that follow links at a steady rate, each over a persistent connection. Knows exactly which requests were answered, because unlike HTTP
/// libraries it never retries.
/// </summary>
internal sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly Task _visitors;
    private long _answered;
    private long _unanswered;

    private Load(IReadOnlyList<Uri> hosts, IReadOnlyList<string> codes, int perSecond, int connections) =>
        _visitors = Task.WhenAll(Enumerable.Range(0, connections).Select(number => Task.Run(() =>
            VisitAsync(hosts[number % hosts.Count], codes, number, TimeSpan.FromSeconds((double)connections / perSecond)))));

    /// <summary>Complete redirects.</summary>
    public long Answered => Interlocked.Read(ref _answered);

    /// <summary>Requests that were (or may have been) sent without a complete response.</summary>
    public long Unanswered => Interlocked.Read(ref _unanswered);

    /// <summary>Everything but a redirect: other statuses, broken and refused connections.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    public static Load Start(IReadOnlyList<Uri> hosts, IReadOnlyList<string> codes, int perSecond = 1_000, int connections = 16) =>
        new(hosts, codes, perSecond, connections);

    /// <summary>Stops between two requests, so that each has its response.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _visitors;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private async Task VisitAsync(Uri host, IReadOnlyList<string> codes, int number, TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval);
        var buffer = new byte[4096];
        Socket? socket = null;
        try
        {
            for (var i = number; await TickAsync(timer); i++)
            {
                var isSent = false;
                using var timeout = new CancellationTokenSource(Timeout);
                try
                {
                    socket ??= await ConnectAsync(host, timeout.Token);
                    isSent = true;
                    await socket.SendAsync(Request(host, codes[i % codes.Count]), timeout.Token);
                    var status = await StatusAsync(socket, buffer, timeout.Token);
                    if (status == 302)
                    {
                        Interlocked.Increment(ref _answered);
                        continue;
                    }

                    _errors.Enqueue($"{host}: {status}");
                }
                catch (Exception exception) when (exception is SocketException or IOException or OperationCanceledException)
                {
                    _errors.Enqueue($"{host}: {exception.Message}");
                    Interlocked.Add(ref _unanswered, isSent ? 1 : 0);
                }

                socket?.Dispose();
                socket = null;
                await Task.Delay(Pause);
            }
        }
        finally
        {
            socket?.Dispose();
        }
    }

    private async Task<bool> TickAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task<Socket> ConnectAsync(Uri host, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host.Host, host.Port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static byte[] Request(Uri host, string code) => Encoding.ASCII.GetBytes(
        $"GET /{code} HTTP/1.1\r\nHost: {host.Authority}\r\nUser-Agent: {LinkShortClient.BrowserUserAgent}\r\nAccept-Language: en\r\nAccept: text/html\r\n\r\n");

    /// <summary>Reads the head of a response; a redirect has no body.</summary>
    private static async Task<int> StatusAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        for (var length = 0; length < buffer.Length;)
        {
            var count = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (count == 0)
            {
                throw new IOException("closed without an answer");
            }

            length += count;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) >= 0)
            {
                return int.Parse(Encoding.ASCII.GetString(buffer, 9, 3), System.Globalization.CultureInfo.InvariantCulture);
            }
        }

        throw new IOException("an answer without an end");
    }
}
