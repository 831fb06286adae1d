using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>What an anonymous request tries to sign in to, from its body. The body can still be read by the service afterwards.</summary>
/// <param name="Email">Normalized as in identity; null if the body has none or can't be read.</param>
/// <param name="Secret">The challenge, email token or passkey of the attempt. Only identity knows the account behind it.</param>
internal readonly record struct AttemptSubject(string? Email, string? Secret)
{
    /// <summary>RFC 5321, 4.5.3.1.3.</summary>
    private const int LongestEmail = 254;

    private const int LongestSecret = 2_048;

    private static readonly IdnMapping Domains = new() { UseStd3AsciiRules = true };

    /// <exception cref="BadHttpRequestException">The body is longer than the route allows (413) or incomplete (400).</exception>
    public static async ValueTask<AttemptSubject> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // Bounded by the route's limit, which BodyLimit has set on the connection.
        var body = new MemoryStream((int)(request.ContentLength ?? 512));
        await request.Body.CopyToAsync(body, cancellationToken);
        body.Position = 0;
        request.Body = body;
        var bytes = new ReadOnlyMemory<byte>(body.GetBuffer(), 0, (int)body.Length);
        var found = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            ? new AttemptSubject(FromForm(bytes.Span), null)
            : FromJson(bytes.Span);
        return new AttemptSubject(
            found.Email is { Length: > 0 and <= LongestEmail * 2 } email ? Normalize(email) : null,
            found.Secret is { Length: > 0 and <= LongestSecret } secret ? secret : null);
    }

    private static AttemptSubject FromJson(ReadOnlySpan<byte> json)
    {
        string? secret = null;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return default;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString();
                reader.Read();
                if (Is(name, "email"))
                {
                    return new AttemptSubject(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, null);
                }

                if (Is(name, "challenge") || Is(name, "token"))
                {
                    secret = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }
                else if (Is(name, "credential") && reader.TokenType == JsonTokenType.StartObject)
                {
                    secret ??= IdOf(ref reader);
                    continue;
                }

                reader.Skip();
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Invalid JSON: the service reports it. What was read before still counts.
        }

        return new AttemptSubject(null, secret);
    }

    /// <summary>Reads the <c>id</c> of the object that the reader is positioned at, and advances to the object's end.</summary>
    private static string? IdOf(ref Utf8JsonReader reader)
    {
        string? id = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = Is(reader.GetString(), "id");
            reader.Read();
            id = isId && reader.TokenType == JsonTokenType.String ? reader.GetString() : id;
            reader.Skip();
        }

        return id;
    }

    private static bool Is(string? name, string field) => string.Equals(name, field, StringComparison.OrdinalIgnoreCase);

    private static string? FromForm(ReadOnlySpan<byte> form)
    {
        try
        {
            using var reader = new FormReader(System.Text.Encoding.UTF8.GetString(form));
            return reader.ReadForm().TryGetValue("email", out var values) ? values.ToString() : null;
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Spellings that identity treats as one account are one here, too: case, composed accents, Unicode and ASCII domains.</summary>
    private static string? Normalize(string email)
    {
        try
        {
            var trimmed = email.Trim();
            var at = trimmed.LastIndexOf('@');
            return at < 0
                ? trimmed.Normalize().ToLowerInvariant()
                : $"{trimmed[..at].Normalize()}@{Domains.GetAscii(trimmed[(at + 1)..])}".ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            // A lone surrogate, or no domain: no account has such an address.
            return null;
        }
    }
}
