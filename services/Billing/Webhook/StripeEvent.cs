using System.Text.Json;

namespace LinkShort.Billing.Webhook;

/// <summary>
/// What is needed of an event: what happened, and to which object. The object itself is fetched, so that events of any API version can be read.
/// </summary>
/// <param name="ObjectId">The id of <c>data.object</c>.</param>
/// <param name="CustomerId">Null if the object has none.</param>
/// <param name="SubscriptionId">The object's own id, or the subscription that it names.</param>
public sealed record StripeEvent(string Id, string Type, string? ObjectId, string? CustomerId, string? SubscriptionId)
{
    /// <returns>Null for a body that is no event.</returns>
    public static StripeEvent? Parse(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || Text(root, "id") is not { Length: > 0 and <= 255 } id || Text(root, "type") is not { Length: > 0 and <= 255 } type
                || !root.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object
                || !data.TryGetProperty("object", out var subject) || subject.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var kind = Text(subject, "object");
            return new StripeEvent(
                id, type, Text(subject, "id"), kind == "customer" ? Text(subject, "id") : Reference(subject, "customer"),
                kind == "subscription" ? Text(subject, "id") : Reference(subject, "subscription") ?? OfInvoice(subject));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>An id, or the object itself where it was expanded.</summary>
    private static string? Reference(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? Text(value, "id") : Text(element, name);

    private static string? OfInvoice(JsonElement invoice) =>
        invoice.TryGetProperty("parent", out var parent) && parent.ValueKind == JsonValueKind.Object
        && parent.TryGetProperty("subscription_details", out var details) && details.ValueKind == JsonValueKind.Object
            ? Reference(details, "subscription")
            : null;

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
