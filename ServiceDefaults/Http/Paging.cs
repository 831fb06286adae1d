using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LinkShort.ServiceDefaults.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>One page of a list. <c>NextCursor</c> is null on the last one.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>The last row's id, for lists that are sorted by id.</summary>
public sealed record IdCursor(Guid Id);

/// <summary>Keyset paging: <c>?limit=</c> (1 to 200, default 50) and an opaque <c>?cursor=</c>.</summary>
public static class Paging
{
    // Strict, so that another list's cursor or a forged one is refused: its members differ.
    private static readonly JsonSerializerOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        Converters = { new TextConverter() },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public const int DefaultLimit = 50;
    public const int MaxLimit = 200;

    /// <summary>Enough for a key of 255 characters, each escaped as two surrogates \uXXXX. This API issues no longer ones.</summary>
    private const int MaxCursor = 4608;

    /// <summary>Reads the parameters of a list that has no others.</summary>
    /// <returns>The response for an invalid parameter; null if both are valid.</returns>
    public static ProblemHttpResult? Refuse<TKey>(int? limit, string? cursor, out int size, out TKey? after) where TKey : class
    {
        var errors = new ValidationErrors();
        size = Limit(limit, errors);
        after = Decode<TKey>(cursor, errors);
        return errors.Any ? errors.ToResult() : null;
    }

    /// <returns>The effective limit; adds an error if it is out of range.</returns>
    public static int Limit(int? limit, ValidationErrors errors)
    {
        if (limit is < 1 or > MaxLimit)
        {
            errors.Add("limit", FieldRules.Range(1, MaxLimit));
        }

        return limit ?? DefaultLimit;
    }

    /// <summary>The sort key of a page's last row, as unpadded base64url of JSON.</summary>
    public static string Encode<TKey>(TKey lastKey) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(lastKey));

    /// <returns>Null without a cursor; adds an error for one that this API did not issue.</returns>
    public static TKey? Decode<TKey>(string? cursor, ValidationErrors errors) where TKey : class
    {
        if (string.IsNullOrEmpty(cursor))
        {
            return null;
        }

        try
        {
            if (cursor.Length <= MaxCursor && JsonSerializer.Deserialize<TKey>(Base64Url.DecodeFromChars(cursor), Strict) is { } key)
            {
                return key;
            }
        }
        catch (Exception exception) when (exception is FormatException or JsonException or DecoderFallbackException or NotSupportedException)
        {
            // Reported below, like every other invalid cursor.
        }

        errors.Add("cursor", HttpTexts.Of("requests.cursor"));
        return null;
    }

    /// <summary>Removes the extra row that was read to find out whether there is a next page.</summary>
    /// <param name="rows">Up to <paramref name="limit"/> + 1 rows in order.</param>
    public static Page<T> Page<TRow, T, TKey>(IReadOnlyList<TRow> rows, int limit, Func<TRow, T> item, Func<TRow, TKey> key) =>
        rows.Count <= limit
            ? new Page<T>([.. rows.Select(item)], null)
            : new Page<T>([.. rows.Take(limit).Select(item)], Encode(key(rows[limit - 1])));
}
