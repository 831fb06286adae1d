using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>Which account an attempt to sign in is about, from its body. The body is still there for the service afterwards.</summary>
internal static class AccountEmail
{
    /// <summary>RFC 5321, 4.5.3.1.3.</summary>
    private const int LongestEmail = 254;

    private static readonly IdnMapping Domains = new() { UseStd3AsciiRules = true };

    /// <returns>The e-mail in the form in which identity compares it; null when the body names none or can't be read.</returns>
    /// <exception cref="BadHttpRequestException">The body is longer than the row allows (413) or stops short (400).</exception>
    public static async ValueTask<string?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // At most the row's body limit, which BodyLimit has set on the connection.
        var body = new MemoryStream((int)(request.ContentLength ?? 512));
        await request.Body.CopyToAsync(body, cancellationToken);
        body.Position = 0;
        request.Body = body;
        var bytes = new ReadOnlyMemory<byte>(body.GetBuffer(), 0, (int)body.Length);
        var email = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            ? FromForm(bytes.Span)
            : FromJson(bytes.Span);
        return email is { Length: > 0 and <= LongestEmail * 2 } ? Normalize(email) : null;
    }

    private static string? FromJson(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isEmail = string.Equals(reader.GetString(), "email", StringComparison.OrdinalIgnoreCase);
                reader.Read();
                if (isEmail)
                {
                    return reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
                }

                reader.Skip();
            }

            return null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The service tells the caller what is wrong with it.
            return null;
        }
    }

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

    /// <summary>Two spellings that identity takes for one account are one here too: case, composed accents, the domain in Unicode or ASCII.</summary>
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
            // Half a surrogate pair, or no domain: no account has it.
            return null;
        }
    }
}
