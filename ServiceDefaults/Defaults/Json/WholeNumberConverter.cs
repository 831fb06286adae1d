using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LinkShort.ServiceDefaults.Json;

/// <summary>
/// Reads integers as JSON Schema defines them: <c>1.0</c> and <c>1e2</c> are integers, because their fraction is zero. Many languages have only
/// one type of number and write integers so.
/// </summary>
public sealed class WholeNumberConverter<T> : JsonConverter<T> where T : struct, IBinaryInteger<T>, IMinMaxValue<T>
{
    /// <summary>Longer numbers are never written by a program that means an integer of 64 bits.</summary>
    private const int MaxLength = 400;

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            if (reader.TryGetInt64(out var number) && number >= long.CreateChecked(T.MinValue) && number <= long.CreateChecked(T.MaxValue))
            {
                return T.CreateChecked(number);
            }

            var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
            if (length <= MaxLength
                && TryParse(Encoding.ASCII.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan), out var value))
            {
                return value;
            }
        }

        throw new JsonException(string.Create(CultureInfo.InvariantCulture, $"Must be a whole number from {T.MinValue} to {T.MaxValue}."));
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteNumberValue(long.CreateChecked(value));

    /// <param name="text">A number by the grammar of JSON.</param>
    private static bool TryParse(string text, out T value)
    {
        value = default;
        var exponentAt = text.AsSpan().IndexOfAny('e', 'E');
        var exponent = 0;
        if (exponentAt >= 0 && !int.TryParse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            return false;
        }

        var mantissa = exponentAt < 0 ? text : text[..exponentAt];
        var isNegative = mantissa[0] == '-';
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var fraction = point < 0 ? "" : mantissa[(point + 1)..];
        var digits = (point < 0 ? mantissa : mantissa[..point]).TrimStart('-') + fraction;
        var trimmed = digits.TrimEnd('0');
        if (trimmed.AsSpan().TrimStart('0').IsEmpty)
        {
            return true;
        }

        // The value is trimmed * 10^zeros.
        var zeros = (long)exponent - fraction.Length + (digits.Length - trimmed.Length);
        return zeros is >= 0 and <= 20
            && T.TryParse((isNegative ? "-" : "") + trimmed + new string('0', (int)zeros), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }
}
