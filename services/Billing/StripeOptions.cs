using System.ComponentModel.DataAnnotations;

namespace LinkShort.Billing;

/// <summary>Settings <c>Stripe__*</c>. Without a key, the installation sells no plans.</summary>
public sealed class StripeOptions : IValidatableObject
{
    public const string Section = "Stripe";

    /// <summary><c>sk_live_…</c>, <c>rk_live_…</c> or <c>sk_test_…</c>.</summary>
    public string ApiKey { get; set; } = "";

    public bool IsEnabled => ApiKey.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsEnabled && (!ApiKey.Contains('_', StringComparison.Ordinal) || ApiKey.StartsWith("pk_", StringComparison.Ordinal)))
        {
            yield return new ValidationResult("is not a secret key of Stripe. Set it to sk_… or rk_… from the Stripe dashboard under Developers → API keys.", [nameof(ApiKey)]);
        }
    }
}
