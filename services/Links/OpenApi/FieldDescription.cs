using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace LinkShort.Links.OpenApi;

/// <summary>What the OpenAPI document states about a field beyond its type.</summary>
/// <param name="Text">For developers who use the API.</param>
/// <param name="Items">The description of each entry of a list.</param>
internal sealed record FieldDescription(string? Text = null, FieldDescription? Items = null)
{
    /// <summary>A value in JSON.</summary>
    public string? Example { get; init; }

    public IReadOnlyList<string>? OneOf { get; init; }

    /// <summary>Also accepts true and false.</summary>
    public bool OrBoolean { get; init; }

    public bool WriteOnly { get; init; }

    public string? Format { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public long? Min { get; init; }

    public long? Max { get; init; }

    public void ApplyTo(IOpenApiSchema described)
    {
        if (described is OpenApiSchemaReference reference)
        {
            // A reference may have its own description (OpenAPI 3.1.1, 4.8.23).
            reference.Description = Text ?? reference.Description;
            return;
        }

        if (described is not OpenApiSchema schema)
        {
            return;
        }

        schema.Description = Text ?? schema.Description;
        schema.Examples = Example is null ? schema.Examples : [JsonNode.Parse(Example)!];
        schema.Format ??= Format;
        schema.WriteOnly |= WriteOnly;
        schema.MinLength ??= MinLength;
        schema.MaxLength ??= MaxLength;
        schema.MinItems ??= MinItems;
        schema.MaxItems ??= MaxItems;
        schema.Minimum ??= Min?.ToString(CultureInfo.InvariantCulture);
        schema.Maximum ??= Max?.ToString(CultureInfo.InvariantCulture);
        if (OrBoolean)
        {
            schema.Type |= JsonSchemaType.Boolean;
        }

        if (OneOf is not null)
        {
            schema.Enum = [.. OneOf.Select(value => (JsonNode)JsonValue.Create(value)), .. OrBoolean ? [JsonValue.Create(true), JsonValue.Create(false)] : Array.Empty<JsonNode>()];
            if (schema.Type?.HasFlag(JsonSchemaType.Null) == true)
            {
                schema.Enum.Add(JsonNullSentinel.JsonNull);
            }
        }

        if (Items is not null && schema.Items is { } items)
        {
            Items.ApplyTo(items);
        }
    }
}
