using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace LinkShort.Gateway.RateLimiting;

/// <summary>What somebody who isn't signed in tries to get into, from the request's body. The body is still there for the service afterwards.</summary>
/// <param name="Email">In the form in which identity compares it; null when the body names none or can't be read.</param>
/// <param name="Secret">The challenge, the token from a mail, or the passkey that the attempt is about: they stand for an account that only identity knows.</param>
internal readonly record struct AttemptSubject(string? Email, string? Secret)
{
    /// <summary>RFC 5321, 4.5.3.1.3.</summary>
    private const int LongestEmail = 254;

    private const int LongestSecret = 2_048;

    private static readonly IdnMapping Domains = new() { UseStd3AsciiRules = true };

    /// <exception cref="BadHttpRequestException">The body is longer than the row allows (413) or stops short (400).</exception>
    public static async ValueTask<AttemptSubject> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        // At most the row's body limit, which BodyLimit has set on the connection.
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
            // The service tells the caller what is wrong with it. What was found before counts.
        }

        return new AttemptSubject(null, secret);
    }

    /// <summary>The <c>id</c> of the object that the reader stands on; afterwards it stands on the object's end.</summary>
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
