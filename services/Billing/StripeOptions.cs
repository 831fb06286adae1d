using System.ComponentModel.DataAnnotations;

namespace LinkShort.Billing;

/// <summary>Settings <c>Stripe__*</c>. Without a key, the installation sells no plans.</summary>
public sealed class StripeOptions : IValidatableObject
{
    public const string Section = "Stripe";

    /// <summary><c>sk_live_…</c>, <c>rk_live_…</c> or <c>sk_test_…</c>.</summary>
    public string ApiKey { get; set; } = "";

    /// <summary>Stripe's address; another one for tests and for trying the product without Stripe.</summary>
    public string ApiBase { get; set; } = "https://api.stripe.com";

    /// <summary><c>whsec_…</c> of the endpoint <c>/api/v1/billing/webhook</c>. Two, separated by a comma, while a secret is rotated.</summary>
    public string WebhookSecret { get; set; } = "";

    public bool IsEnabled => ApiKey.Length > 0;

    internal IReadOnlyList<string> WebhookSecrets => WebhookSecret.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsEnabled)
        {
            yield break;
        }

        if (!ApiKey.Contains('_', StringComparison.Ordinal) || ApiKey.StartsWith("pk_", StringComparison.Ordinal))
        {
            yield return new ValidationResult("is not a secret key of Stripe. Set it to sk_… or rk_… from the Stripe dashboard under Developers → API keys.", [nameof(ApiKey)]);
        }

        if (!Uri.TryCreate(ApiBase, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            yield return new ValidationResult($"'{ApiBase}' is not an http or https address. Leave it out for Stripe's own.", [nameof(ApiBase)]);
        }

        if (WebhookSecrets.Count is 0 or > 2 || WebhookSecrets.Any(secret => !secret.StartsWith("whsec_", StringComparison.Ordinal)))
        {
            yield return new ValidationResult("is not a signing secret. Set it to whsec_… of the webhook endpoint, or to two of them, separated by a comma.", [nameof(WebhookSecret)]);
        }
    }
}
