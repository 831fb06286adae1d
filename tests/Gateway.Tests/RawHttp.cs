using System.Net.Sockets;
using System.Text;

namespace LinkShort.Gateway.Tests;

/// <summary>HTTP/1.1 without a client that normalizes what is sent.</summary>
public static class RawHttp
{
    /// <returns>The whole response, head and body.</returns>
    public static async Task<string> SendAsync(Uri gateway, string request)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Host, gateway.Port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), timeout.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(timeout.Token);
    }

    public static Task<string> GetAsync(Uri gateway, string target, string method = "GET", string headers = "") =>
        SendAsync(gateway, $"{method} {target} HTTP/1.1\r\nHost: sho.rt\r\nConnection: close\r\n{headers}\r\n");

    public static int StatusOf(string answer) => int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
}
