using System.Text.Json.Nodes;

namespace LinkShort.FakeStripe;

/// <summary>
/// The fields of Stripe's published objects (https://docs.stripe.com/api) that nothing here sets: Stripe answers them all the same, as null, as false or as an
/// empty list. Fields that are only there if a request expands them are missing, as in Stripe's answers.
/// </summary>
internal static class PublishedFields
{
    private static readonly Dictionary<string, (string Nulls, string Lists)> All = new(StringComparer.Ordinal)
    {
        ["customer"] = ("business_name customer_account individual_name", ""),
        ["price"] = ("custom_unit_amount tiers_mode transform_quantity", ""),
        ["promotion_code"] = ("customer customer_account expires_at max_redemptions promotion restrictions", ""),
        ["checkout.session"] = (
            """
            adaptive_pricing after_expiration allow_promotion_codes billing_address_collection client_secret collected_information consent consent_collection currency_conversion
            customer_account customer_creation customer_details customer_email integration_identifier invoice_creation managed_payments origin_context payment_intent payment_link
            payment_method_configuration_details payment_method_options permissions phone_number_collection recovered_from redirect_on_completion return_url branding_settings custom_text name_collection
            saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type tax_id_collection total_details ui_mode wallet_options
            """,
            "allowed_payment_method_types custom_fields discounts excluded_payment_method_types optional_items payment_method_types shipping_options"),
        ["subscription"] = (
            """
            application application_fee_percent automatic_tax billing_cycle_anchor_config billing_mode billing_schedules billing_thresholds customer_account days_until_due
            default_source description invoice_settings managed_payments next_pending_invoice_item_invoice on_behalf_of payment_settings pending_invoice_item_interval
            pending_setup_intent pending_update status_details test_clock transfer_data trial_settings
            """,
            "default_tax_rates discounts"),
        ["subscription_item"] = ("billing_thresholds current_trial plan", "discounts tax_rates"),
        ["subscription_schedule"] = ("application billing_mode current_phase customer_account default_settings pause_schedules released_subscription test_clock", ""),
        ["invoice"] = (
            """
            account_country account_name application automatic_tax automatically_finalizes_at confirmation_secret customer_account customer_address customer_email customer_name
            customer_phone customer_shipping customer_tax_exempt custom_fields default_payment_method default_source description due_date effective_at ending_balance footer
            from_invoice issuer last_finalization_error latest_revision next_payment_attempt on_behalf_of payment_settings payments receipt_number rendering shipping_cost
            shipping_details statement_descriptor status_transitions subtotal_excluding_tax test_clock threshold_reason total_excluding_tax webhooks_delivered_at amount_overpaid
            status_details amount_paid_off_stripe amount_shipping post_payment_credit_notes_amount pre_payment_credit_notes_amount
            """,
            "account_tax_ids customer_tax_ids default_tax_rates discounts total_discount_amounts total_pretax_credit_amounts total_taxes"),
        ["charge"] = (
            """
            amount_captured application application_fee application_fee_amount authorization_code balance_transaction billing_details calculated_statement_descriptor captured
            description disputed failure_balance_transaction failure_code failure_message fraud_details metadata on_behalf_of outcome payment_intent payment_method
            payment_method_details presentment_details radar_options receipt_email receipt_number receipt_url refunds review shipping source source_transfer statement_descriptor
            statement_descriptor_suffix transfer transfer_data transfer_group level3
            """,
            ""),
        ["dispute"] = ("evidence evidence_details intended_submission_method metadata network_reason_code payment_intent payment_method_details", "balance_transactions enhanced_eligibility_types"),
        ["billing_portal.session"] = ("after_expiration customer_account flow", ""),
        ["event"] = ("account context", ""),
    };

    /// <summary>Those that Stripe answers as a number or a truth value, never as null.</summary>
    private static readonly Dictionary<string, JsonNode> Values = new(StringComparer.Ordinal)
    {
        ["amount_captured"] = 0, ["captured"] = true, ["disputed"] = false, ["amount_overpaid"] = 0, ["amount_paid_off_stripe"] = 0, ["amount_shipping"] = 0,
        ["post_payment_credit_notes_amount"] = 0, ["pre_payment_credit_notes_amount"] = 0,
    };

    public static void AddTo(JsonObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!All.TryGetValue((string?)value["object"] ?? "", out var fields))
        {
            return;
        }

        foreach (var name in Names(fields.Nulls).Where(name => !value.ContainsKey(name)))
        {
            value[name] = Values.TryGetValue(name, out var known) ? known.DeepClone() : null;
        }

        foreach (var name in Names(fields.Lists).Where(name => !value.ContainsKey(name)))
        {
            value[name] = new JsonArray();
        }

        foreach (var item in value["items"]?["data"]?.AsArray().OfType<JsonObject>() ?? [])
        {
            AddTo(item);
        }
    }

    private static string[] Names(string list) => list.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);
}
