using System.Text.Json;
using System.Text.Json.Serialization;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links.Behavior;

/// <summary>Reads <c>"visitor"</c> (or true), <c>"destination"</c> and <c>"off"</c> (or false).</summary>
internal sealed class ForwardQueryConverter : JsonConverter<string>
{
    public const string Visitor = "visitor";
    public const string Destination = "destination";
    public const string Off = "off";

    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                return Visitor;
            case JsonTokenType.False:
                return Off;
            case JsonTokenType.String:
                foreach (var known in (string[])[Visitor, Destination, Off])
                {
                    if (reader.ValueTextEquals(known))
                    {
                        return known;
                    }
                }

                break;
        }

        throw new LocalizedJsonException(LinksTexts.Of("fields.forwardQuery"));
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
