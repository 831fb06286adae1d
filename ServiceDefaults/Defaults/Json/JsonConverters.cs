using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace LinkShort.ServiceDefaults.Json;

/// <summary>Writes RFC 3339 in UTC with <c>Z</c>; reads any offset, but requires one.</summary>
public sealed class UtcDateTimeOffsetConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Rfc3339.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var value, out var error)
            ? value
            : throw new JsonException(error);

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture));
}

/// <summary>Refuses U+0000 in any text: PostgreSQL can't store it.</summary>
public sealed class TextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException("Must be text.");
        }

        return Checked(ref reader);
    }

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Checked(ref reader);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    private static string Checked(ref Utf8JsonReader reader)
    {
        string value;
        try
        {
            value = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("Not valid Unicode text.");
        }

        return value.Contains('\0', StringComparison.Ordinal)
            ? throw new JsonException("The character U+0000 is not allowed.")
            : value;
    }
}

internal static class RequiredText
{
    /// <summary>
    /// Makes constructor parameters that can't be null (<c>string Url</c>) required: otherwise the serializer passes null for a missing one,
    /// against its annotation. Value types keep their defaults.
    /// </summary>
    public static void Require(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.AssociatedParameter is { HasDefaultValue: false, IsNullable: false } && !property.PropertyType.IsValueType)
            {
                property.IsRequired = true;
            }
        }
    }
}
