using System.Text;

namespace LinkShort.ServiceDefaults.Tests.Telemetry;

/// <summary>
/// Reads the few fields of OTLP's export requests that the tests look at
/// (https://github.com/open-telemetry/opentelemetry-proto: trace.proto, metrics.proto, logs.proto have the same outline).
/// </summary>
internal static class Otlp
{
    /// <summary>Resource attributes with string values, of all resources in the request.</summary>
    public static Dictionary<string, string> Resource(byte[] request) => Each(request, 1)
        .SelectMany(resource => Each(resource, 1))
        .SelectMany(resource => Attributes(resource, 1))
        .GroupBy(pair => pair.Key)
        .ToDictionary(group => group.Key, group => group.First().Value);

    public static List<Span> Spans(byte[] request) => [.. Records(request).Select(span => new Span(
        Text(span, 5), Hex(span, 1), Hex(span, 2), Hex(span, 4), Attributes(span, 9).ToDictionary(pair => pair.Key, pair => pair.Value)))];

    public static List<string> MetricNames(byte[] request) => [.. Records(request).Select(metric => Text(metric, 1))];

    /// <summary>Body and trace id of each log record.</summary>
    public static List<(string Body, string TraceId)> Logs(byte[] request) =>
        [.. Records(request).Select(log => (Each(log, 5).Select(value => Text(value, 1)).FirstOrDefault() ?? "", Hex(log, 9)))];

    /// <summary>The resource's attributes, in any order: resource_x (1) → scope_x (2) → x (2).</summary>
    private static IEnumerable<byte[]> Records(byte[] request) =>
        Each(request, 1).SelectMany(resource => Each(resource, 2)).SelectMany(scope => Each(scope, 2));

    private static IEnumerable<(string Key, string Value)> Attributes(byte[] message, int field) =>
        Each(message, field).Select(pair => (Text(pair, 1), Each(pair, 2).Select(Value).FirstOrDefault() ?? ""));

    private static string Value(byte[] any)
    {
        foreach (var (number, bytes, varint) in Fields(any))
        {
            return number switch { 1 => Encoding.UTF8.GetString(bytes), _ => varint.ToString(System.Globalization.CultureInfo.InvariantCulture) };
        }

        return "";
    }

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Each(message, field).FirstOrDefault() ?? []);

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Each(message, field).FirstOrDefault() ?? []);

    private static IEnumerable<byte[]> Each(byte[] message, int field) =>
        Fields(message).Where(each => each.Number == field).Select(each => each.Bytes);

    /// <summary>Protocol Buffers wire format: https://protobuf.dev/programming-guides/encoding/.</summary>
    private static IEnumerable<(int Number, byte[] Bytes, ulong Varint)> Fields(byte[] message)
    {
        var at = 0;
        while (at < message.Length)
        {
            var tag = Varint();
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    yield return (number, [], Varint());
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint();
                    yield return (number, message[at..(at + length)], 0);
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }

        ulong Varint()
        {
            ulong value = 0;
            for (var shift = 0; ; shift += 7)
            {
                var next = message[at++];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }

    internal sealed record Span(string Name, string TraceId, string Id, string ParentId, IReadOnlyDictionary<string, string> Attributes);
}
