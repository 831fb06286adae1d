using System.Net.Sockets;
using System.Text;

namespace LinkShort.Redirect.Tests;

/// <summary>Sends and receives raw bytes, because HTTP libraries repair too much.</summary>
internal static class RawHttp
{
    /// <param name="head">Request line and header fields without the final empty line, one char per byte.</param>
    /// <param name="body">The request's body.</param>
    /// <returns>The complete response, one char per byte.</returns>
    public static async Task<string> SendAsync(Uri address, string head, string body = "")
    {
        using var client = new TcpClient();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await client.ConnectAsync(address.Host, address.Port, timeout.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head + "\r\nHost: short.example\r\nConnection: close\r\n\r\n" + body), timeout.Token);
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer, timeout.Token);
        return Encoding.Latin1.GetString(answer.ToArray());
    }

    public static int StatusOf(string answer) => int.Parse(answer.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <returns>The field's value, decoded as UTF-8; null if it is absent.</returns>
    public static string? Field(string answer, string name)
    {
        foreach (var line in answer.Split("\r\n\r\n")[0].Split("\r\n").Skip(1))
        {
            if (line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            {
                return Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line[(name.Length + 1)..].Trim()));
            }
        }

        return null;
    }
}
