using System.Globalization;
using System.Text.Json.Nodes;

namespace LinkShort.FakeStripe;

/// <summary>Checkout, subscriptions, their schedules and invoices, and what time brings.</summary>
public sealed partial class StripeWorld
{
    private const long Day = 24 * 3600;

    /// <summary>Customers whose card is refused from now on.</summary>
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>Customers whose bank wants each payment confirmed (3-D Secure).</summary>
    private readonly HashSet<string> _confirming = new(StringComparer.Ordinal);

    /// <summary>Stripe's checkout has these (https://docs.stripe.com/api/checkout/sessions/create).</summary>
    private static readonly HashSet<string> Locales =
    [
        "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb",
        "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
    ];

    public JsonObject CreateSession(Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            CheckCustomer(form);
            if (form["locale"] is { } locale && !Locales.Contains(locale))
            {
                throw new StripeFaultException(400, "invalid_request_error", null, $"Invalid locale: {locale}", "locale");
            }

            var price = Get("price", form.Required("line_items[0][price]"));
            if (!(bool)price["active"]!)
            {
                throw new StripeFaultException(400, "invalid_request_error", null, "The price specified is inactive.", "line_items[0][price]");
            }

            var id = NewId("cs_test");
            var session = new JsonObject
            {
                ["id"] = id, ["object"] = "checkout.session", ["amount_subtotal"] = (long)price["unit_amount"]!, ["amount_total"] = (long)price["unit_amount"]!,
                ["automatic_tax"] = new JsonObject { ["enabled"] = form["automatic_tax[enabled]"] == "true", ["status"] = null }, ["cancel_url"] = form["cancel_url"],
                ["client_reference_id"] = form["client_reference_id"], ["created"] = Seconds, ["currency"] = (string?)price["currency"], ["customer"] = form["customer"],
                ["expires_at"] = Seconds + Day, ["invoice"] = null, ["livemode"] = false, ["locale"] = form["locale"], ["metadata"] = form.Metadata(), ["mode"] = form.Required("mode"),
                ["payment_method_collection"] = form["payment_method_collection"] ?? "always", ["payment_status"] = "unpaid", ["status"] = "open", ["subscription"] = null,
                ["success_url"] = form["success_url"], ["url"] = $"{PublicUrl}/pay/{id}",
                // Not Stripe's: what the page needs.
                ["x_price"] = (string?)price["id"], ["x_trial_days"] = form.Number("subscription_data[trial_period_days]"),
                ["x_metadata"] = form.Metadata("subscription_data[metadata]"),
            };
            Keep("checkout.session", session);
            return session;
        }
    }

    /// <summary>The customer pays, or starts the trial.</summary>
    public JsonObject Pay(string sessionId, bool hasCard = true)
    {
        lock (_lock)
        {
            var session = Get("checkout.session", sessionId);
            if ((string?)session["status"] != "open")
            {
                return session;
            }

            var subscription = Subscribe((string)session["customer"]!, (string)session["x_price"]!, (long?)session["x_trial_days"], (JsonObject)session["x_metadata"]!.DeepClone(), hasCard);
            session["status"] = "complete";
            session["payment_status"] = (long?)session["x_trial_days"] is > 0 ? "no_payment_required" : "paid";
            session["subscription"] = (string?)subscription["id"];
            Happened("checkout.session.completed", session);
            return session;
        }
    }

    public JsonObject Expire(string sessionId)
    {
        lock (_lock)
        {
            var session = Get("checkout.session", sessionId);
            if ((string?)session["status"] != "open")
            {
                throw new StripeFaultException(400, "invalid_request_error", null, "Only Checkout Sessions with a status of open can be expired.");
            }

            session["status"] = "expired";
            Happened("checkout.session.expired", session);
            return session;
        }
    }

    /// <summary>A subscription, without a checkout.</summary>
    public JsonObject Subscribe(string customer, string priceId, long? trialDays = null, JsonObject? metadata = null, bool hasCard = true)
    {
        lock (_lock)
        {
            var price = Get("price", priceId);
            var end = trialDays is > 0 ? Seconds + (trialDays.Value * Day) : Next(Seconds, price);
            var subscription = new JsonObject
            {
                ["id"] = NewId("sub"), ["object"] = "subscription", ["billing_cycle_anchor"] = end, ["cancel_at"] = null, ["cancel_at_period_end"] = false, ["canceled_at"] = null,
                ["cancellation_details"] = new JsonObject { ["comment"] = null, ["feedback"] = null, ["reason"] = null }, ["collection_method"] = "charge_automatically",
                ["created"] = Seconds, ["currency"] = (string?)price["currency"], ["customer"] = customer, ["ended_at"] = null,
                ["default_payment_method"] = hasCard ? "pm_card" : null, ["latest_invoice"] = null, ["livemode"] = false, ["metadata"] = metadata ?? new JsonObject(), ["schedule"] = null,
                ["start_date"] = Seconds, ["status"] = trialDays is > 0 ? "trialing" : "active", ["trial_start"] = trialDays is > 0 ? Seconds : null,
                ["trial_end"] = trialDays is > 0 ? end : null, ["pause_collection"] = null,
            };
            subscription["items"] = new JsonObject
            {
                ["object"] = "list", ["has_more"] = false, ["url"] = "/v1/subscription_items", ["data"] = new JsonArray(new JsonObject
                {
                    ["id"] = NewId("si"), ["object"] = "subscription_item", ["billed_until"] = end, ["created"] = Seconds, ["current_period_start"] = Seconds, ["current_period_end"] = end,
                    ["metadata"] = new JsonObject(), ["price"] = price.DeepClone(), ["quantity"] = 1, ["subscription"] = (string?)subscription["id"],
                }),
            };
            Keep("subscription", subscription);
            Happened("customer.subscription.created", subscription);
            Invoice(subscription, trialDays is > 0 ? 0 : (long)price["unit_amount"]!, "subscription_create");
            return subscription;
        }
    }

    public JsonObject UpdateSubscription(string id, Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            var subscription = Get("subscription", id);
            if (!IsLive(subscription))
            {
                throw new StripeFaultException(400, "invalid_request_error", null, "A canceled subscription can only update its cancellation_details and metadata.");
            }

            if (form.Has("cancel_at_period_end") && (string?)subscription["schedule"] is { } managed)
            {
                throw new StripeFaultException(
                    400, "invalid_request_error", null, $"The subscription is managed by the subscription schedule `{managed}`, and updating any cancelation behavior directly is not allowed.");
            }

            var priceId = form["items[0][price]"];
            if (priceId is not null && priceId != (string?)Item(subscription)["price"]!["id"])
            {
                ChangePriceOf(subscription, priceId, form);
            }

            if (form["cancel_at_period_end"] is { } cancel)
            {
                subscription["cancel_at_period_end"] = cancel == "true";
                subscription["cancel_at"] = cancel == "true" ? (long)Item(subscription)["current_period_end"]! : null;
                subscription["canceled_at"] = cancel == "true" ? Seconds : null;
                subscription["cancellation_details"] = new JsonObject
                {
                    ["comment"] = form["cancellation_details[comment]"], ["feedback"] = form["cancellation_details[feedback]"],
                    ["reason"] = cancel == "true" ? "cancellation_requested" : null,
                };
            }

            Happened("customer.subscription.updated", subscription);
            if (form["expand[0]"] != "latest_invoice")
            {
                return subscription;
            }

            var expanded = (JsonObject)subscription.DeepClone();
            expanded["latest_invoice"] = Get("invoice", (string)subscription["latest_invoice"]!).DeepClone();
            return expanded;
        }
    }

    public JsonObject CancelSubscription(string id)
    {
        lock (_lock)
        {
            var subscription = Get("subscription", id);
            End(subscription);
            return subscription;
        }
    }

    public JsonObject CreateSchedule(Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            var subscription = Get("subscription", form.Required("from_subscription"));
            if (subscription["schedule"] is not null)
            {
                throw new StripeFaultException(400, "invalid_request_error", null, "You cannot migrate a subscription that is already attached to a schedule.");
            }

            var item = Item(subscription);
            var schedule = new JsonObject
            {
                ["id"] = NewId("sub_sched"), ["object"] = "subscription_schedule", ["canceled_at"] = null, ["completed_at"] = null, ["created"] = Seconds,
                ["customer"] = (string?)subscription["customer"], ["end_behavior"] = "release", ["livemode"] = false, ["metadata"] = new JsonObject(), ["released_at"] = null,
                ["status"] = "active", ["subscription"] = (string?)subscription["id"],
                ["phases"] = new JsonArray(Phase((string)item["price"]!["id"]!, (long)item["current_period_start"]!, (long)item["current_period_end"]!)),
            };
            var phase = schedule["phases"]![0]!;
            phase["trial_end"] = (string?)subscription["status"] == "trialing" ? (long?)subscription["trial_end"] : null;
            phase["discounts"] = new JsonArray([.. DiscountsOf(subscription).Select(id => new JsonObject { ["coupon"] = null, ["discount"] = id, ["promotion_code"] = null })]);
            phase["automatic_tax"] = subscription["automatic_tax"]?.DeepClone();
            subscription["schedule"] = (string?)schedule["id"];
            Keep("subscription_schedule", schedule);
            Happened("customer.subscription.updated", subscription);
            return schedule;
        }
    }

    public JsonObject UpdateSchedule(string id, Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            var schedule = GetActive(id);
            var phases = new JsonArray();
            for (var index = 0; form[$"phases[{index}][items][0][price]"] is { } price; index++)
            {
                var start = form.Number($"phases[{index}][start_date]") ?? Seconds;
                _ = Get("price", price);
                var phase = Phase(price, start, form.Number($"phases[{index}][end_date]") ?? Next(start, Get("price", price)));
                phase["trial_end"] = form.Number($"phases[{index}][trial_end]");
                phase["discounts"] = form[$"phases[{index}][discounts][0][discount]"] is { } discount
                    ? new JsonArray(new JsonObject { ["coupon"] = null, ["discount"] = discount, ["promotion_code"] = null }) : new JsonArray();
                phase["automatic_tax"] = new JsonObject { ["enabled"] = form[$"phases[{index}][automatic_tax][enabled]"] == "true" };
                phases.Add(phase);
            }

            schedule["phases"] = phases;
            schedule["end_behavior"] = form["end_behavior"] ?? (string?)schedule["end_behavior"];
            ApplyRunningPhase(Get("subscription", (string)schedule["subscription"]!), phases[0]!);
            return schedule;
        }
    }

    public JsonObject ReleaseSchedule(string id)
    {
        lock (_lock)
        {
            var schedule = GetActive(id);
            var subscription = Get("subscription", (string)schedule["subscription"]!);
            schedule["status"] = "released";
            schedule["released_at"] = Seconds;
            subscription["schedule"] = null;
            Happened("customer.subscription.updated", subscription);
            return schedule;
        }
    }

    public JsonObject PreviewInvoice(Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            var subscription = Get("subscription", form.Required("subscription"));
            var price = Get("price", form.Required("subscription_details[items][0][price]"));
            var invoice = NewInvoice(subscription, Proration(subscription, price, form.Number("subscription_details[proration_date]") ?? Seconds), "upcoming");
            invoice["id"] = "upcoming_in_" + _number;
            PublishedFields.AddTo(invoice);
            return invoice;
        }
    }

    public JsonObject CreatePortalSession(Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            CheckCustomer(form);
            var id = NewId("bps");
            var session = new JsonObject
            {
                ["id"] = id, ["object"] = "billing_portal.session", ["configuration"] = "bpc_fake", ["created"] = Seconds, ["customer"] = form["customer"], ["livemode"] = false,
                ["locale"] = null, ["on_behalf_of"] = null, ["return_url"] = form["return_url"], ["url"] = $"{PublicUrl}/portal/{id}",
            };
            Keep("billing_portal.session", session);
            return session;
        }
    }

    /// <summary>Whether the customer's card is accepted from now on. A card that works again pays what is open.</summary>
    public void SetCard(string customer, bool works)
    {
        lock (_lock)
        {
            if (!works)
            {
                _refused.Add(customer);
                return;
            }

            _refused.Remove(customer);
            foreach (var subscription in KeptOf("subscription", customer).Where(IsLive).ToList())
            {
                subscription["default_payment_method"] = "pm_card";
                foreach (var invoice in KeptOf("invoice", customer).Where(each => (string?)each["status"] == "open" && SubscriptionOf(each) == (string?)subscription["id"]).ToList())
                {
                    MarkPaid(invoice);
                }

                if ((string?)subscription["status"] is "past_due" or "unpaid")
                {
                    subscription["status"] = "active";
                    Happened("customer.subscription.updated", subscription);
                }
            }
        }
    }

    /// <summary>The customer's bank wants each payment confirmed from now on.</summary>
    public void AskForConfirmation(string customer)
    {
        lock (_lock)
        {
            _confirming.Add(customer);
        }
    }

    /// <summary>The customer confirms on the invoice's page: a change that waited for it is made.</summary>
    public void Confirm(string subscriptionId)
    {
        lock (_lock)
        {
            var subscription = Get("subscription", subscriptionId);
            var invoice = Get("invoice", (string)subscription["latest_invoice"]!);
            Item(subscription)["price"] = Get("price", (string)subscription["pending_update"]!["subscription_items"]![0]!["price"]!["id"]!).DeepClone();
            subscription["pending_update"] = null;
            MarkPaid(invoice);
            Happened("customer.subscription.updated", subscription);
        }
    }

    /// <summary>A discount on the subscription, by its id.</summary>
    public void Discount(string subscriptionId, string discountId)
    {
        lock (_lock)
        {
            Get("subscription", subscriptionId)["discounts"] = new JsonArray(discountId);
        }
    }

    public void Refund(string invoiceId)
    {
        lock (_lock)
        {
            var invoice = Get("invoice", invoiceId);
            var charge = ChargeFor(invoice);
            charge["amount_refunded"] = (long)charge["amount"]!;
            charge["refunded"] = true;
            Happened("charge.refunded", charge);
        }
    }

    /// <summary>The customer's bank takes a payment back.</summary>
    public void Dispute(string invoiceId, string reason)
    {
        lock (_lock)
        {
            var charge = ChargeFor(Get("invoice", invoiceId));
            charge["disputed"] = true;
            var dispute = new JsonObject
            {
                ["id"] = NewId("du"), ["object"] = "dispute", ["amount"] = (long)charge["amount"]!, ["charge"] = (string?)charge["id"], ["created"] = Seconds,
                ["currency"] = (string?)charge["currency"], ["is_charge_refundable"] = false, ["livemode"] = false, ["reason"] = reason, ["status"] = "needs_response",
            };
            Keep("dispute", dispute);
            Happened("charge.dispute.created", dispute);
        }
    }

    /// <summary>Its charge is an id, or with <c>expand[]=charge</c> the charge itself.</summary>
    public JsonObject FindDispute(string id, Form query)
    {
        ArgumentNullException.ThrowIfNull(query);
        lock (_lock)
        {
            var dispute = (JsonObject)Get("dispute", id).DeepClone();
            if (query["expand[0]"] == "charge")
            {
                dispute["charge"] = Get("charge", (string)dispute["charge"]!).DeepClone();
            }

            return dispute;
        }
    }

    /// <summary>Lets time pass, and everything happen that is due in it: trials and periods end, payments are tried, subscriptions are renewed or end.</summary>
    public void Advance(TimeSpan time)
    {
        var until = Now + time;
        lock (_lock)
        {
            // What happens may make something else due before the end.
            while (Due(until) is { Count: > 0 } all)
            {
                foreach (var (subscription, at) in all)
                {
                    _ahead += TimeSpan.FromSeconds(Math.Max(0, at - Seconds));
                    Tick(subscription);
                }
            }

            _ahead += until - Now;
        }
    }

    private List<(JsonObject Subscription, long At)> Due(DateTimeOffset until) =>
        [.. Kept("subscription").Where(IsLive).Select(each => (each, At: DueAt(each))).Where(each => each.At <= until.ToUnixTimeSeconds()).OrderBy(each => each.At)];

    private JsonObject ChargeFor(JsonObject invoice)
    {
        var charge = new JsonObject
        {
            ["id"] = NewId("ch"), ["object"] = "charge", ["amount"] = (long)invoice["amount_paid"]!, ["amount_captured"] = (long)invoice["amount_paid"]!, ["amount_refunded"] = 0,
            ["created"] = Seconds, ["currency"] = (string?)invoice["currency"], ["customer"] = (string?)invoice["customer"], ["livemode"] = false, ["metadata"] = new JsonObject(),
            ["paid"] = true, ["refunded"] = false, ["status"] = "succeeded",
        };
        Keep("charge", charge);
        return charge;
    }

    private static bool IsLive(JsonObject subscription) => (string?)subscription["status"] is not ("canceled" or "incomplete_expired");

    private static JsonObject Item(JsonObject subscription) => (JsonObject)subscription["items"]!["data"]![0]!;

    private static string? SubscriptionOf(JsonObject invoice) => (string?)invoice["parent"]!["subscription_details"]!["subscription"];

    private static long DueAt(JsonObject subscription)
    {
        var end = (long)Item(subscription)["current_period_end"]!;
        return (string?)subscription["status"] == "trialing" && subscription["x_announced"] is null ? end - (3 * Day) : end;
    }

    private void Tick(JsonObject subscription)
    {
        if ((string?)subscription["status"] == "trialing" && subscription["x_announced"] is null)
        {
            subscription["x_announced"] = true;
            Happened("customer.subscription.trial_will_end", subscription);
            return;
        }

        if ((bool)subscription["cancel_at_period_end"]! || ((string?)subscription["status"] == "trialing" && subscription["default_payment_method"] is null))
        {
            End(subscription);
            return;
        }

        var item = Item(subscription);
        var start = (long)item["current_period_end"]!;
        ApplySchedule(subscription, start);
        var price = (JsonObject)item["price"]!;
        item["current_period_start"] = start;
        item["current_period_end"] = Next(start, price);
        item["billed_until"] = (long)item["current_period_end"]!;
        var pays = !_refused.Contains((string)subscription["customer"]!);
        subscription["status"] = pays ? "active" : "past_due";
        Happened("customer.subscription.updated", subscription);
        Invoice(subscription, (long)price["unit_amount"]!, "subscription_cycle");
    }

    private void ApplySchedule(JsonObject subscription, long at)
    {
        if ((string?)subscription["schedule"] is not { } id)
        {
            return;
        }

        var schedule = Get("subscription_schedule", id);
        if (((JsonArray)schedule["phases"]!).FirstOrDefault(phase => (long)phase!["start_date"]! == at) is { } next)
        {
            Item(subscription)["price"] = Get("price", (string)next["items"]![0]!["price"]!).DeepClone();
            schedule["status"] = "released";
            schedule["released_at"] = at;
            subscription["schedule"] = null;
        }
    }

    private void ChangePriceOf(JsonObject subscription, string priceId, Form form)
    {
        var price = Get("price", priceId);
        var amount = Proration(subscription, price, form.Number("proration_date") ?? Seconds);
        if (amount > 0 && _refused.Contains((string)subscription["customer"]!) && form["payment_behavior"] == "error_if_incomplete")
        {
            throw new StripeFaultException(402, "card_error", "card_declined", "Your card was declined.");
        }

        if (amount > 0 && _confirming.Contains((string)subscription["customer"]!))
        {
            if (form["payment_behavior"] != "pending_if_incomplete")
            {
                throw new StripeFaultException(
                    402, "card_error", "subscription_payment_intent_requires_action", "Payment for this subscription requires additional user action before it can be completed successfully.");
            }

            var waiting = NewInvoice(subscription, amount, "subscription_update");
            Keep("invoice", waiting);
            subscription["latest_invoice"] = (string?)waiting["id"];
            subscription["pending_update"] = new JsonObject
            {
                ["expires_at"] = Seconds + Day, ["subscription_items"] = new JsonArray(new JsonObject { ["object"] = "subscription_item", ["price"] = price.DeepClone() }),
            };
            return;
        }

        var item = Item(subscription);
        var before = (string?)item["price"]!["recurring"]!["interval"];
        item["price"] = price.DeepClone();
        if (before != (string?)price["recurring"]!["interval"] && (string?)subscription["status"] != "trialing")
        {
            item["current_period_start"] = Seconds;
            item["current_period_end"] = Next(Seconds, price);
            item["billed_until"] = (long)item["current_period_end"]!;
        }

        if (form["proration_behavior"] == "always_invoice" && (string?)subscription["status"] != "trialing")
        {
            Invoice(subscription, amount, "subscription_update");
        }
    }

    /// <summary>The rest of the period at the new price, less the same at the old one; a new interval is paid in full.</summary>
    private static long Proration(JsonObject subscription, JsonObject price, long at)
    {
        var item = Item(subscription);
        var (start, end) = ((long)item["current_period_start"]!, (long)item["current_period_end"]!);
        if ((string?)subscription["status"] == "trialing")
        {
            return 0;
        }

        var left = (decimal)(end - Math.Clamp(at, start, end)) / (end - start);
        var credit = (long)item["price"]!["unit_amount"]! * left;
        var isSameInterval = (string?)item["price"]!["recurring"]!["interval"] == (string?)price["recurring"]!["interval"];
        return (long)Math.Round(((long)price["unit_amount"]! * (isSameInterval ? left : 1)) - credit);
    }

    private static IEnumerable<string> DiscountsOf(JsonObject subscription) => subscription["discounts"] is JsonArray all ? all.Select(id => (string)id!) : [];

    private JsonObject GetActive(string id)
    {
        var schedule = Get("subscription_schedule", id);
        return (string?)schedule["status"] is "active" or "not_started" ? schedule
            : throw new StripeFaultException(400, "invalid_request_error", null, $"You cannot update or release a subscription schedule that is currently in the `{schedule["status"]}` status.");
    }

    /// <summary>An update replaces the running phase as well: a trial, a discount or taxes that it doesn't repeat end at once.</summary>
    private void ApplyRunningPhase(JsonObject subscription, JsonNode phase)
    {
        subscription["discounts"] = new JsonArray([.. phase["discounts"]!.AsArray().Select(each => (JsonNode?)(string?)each!["discount"])]);
        subscription["automatic_tax"] = phase["automatic_tax"]!.DeepClone();
        if ((string?)subscription["status"] == "trialing" && phase["trial_end"] is null)
        {
            subscription["status"] = "active";
            Invoice(subscription, (long)Item(subscription)["price"]!["unit_amount"]!, "subscription_update");
        }

        Happened("customer.subscription.updated", subscription);
    }

    private void End(JsonObject subscription)
    {
        subscription["status"] = "canceled";
        subscription["ended_at"] = Seconds;
        subscription["canceled_at"] ??= Seconds;
        Happened("customer.subscription.deleted", subscription);
    }

    private void Invoice(JsonObject subscription, long amount, string reason)
    {
        var invoice = NewInvoice(subscription, Math.Max(0, amount), reason);
        Keep("invoice", invoice);
        subscription["latest_invoice"] = (string?)invoice["id"];
        Happened("invoice.finalized", invoice);
        if (amount > 0 && _refused.Contains((string)subscription["customer"]!))
        {
            invoice["attempted"] = true;
            invoice["attempt_count"] = 1;
            Happened("invoice.payment_failed", invoice);
        }
        else
        {
            MarkPaid(invoice);
        }
    }

    private void MarkPaid(JsonObject invoice)
    {
        invoice["status"] = "paid";
        invoice["amount_paid"] = (long)invoice["amount_due"]!;
        invoice["amount_remaining"] = 0;
        Happened("invoice.paid", invoice);
    }

    private JsonObject NewInvoice(JsonObject subscription, long amount, string reason)
    {
        var id = NewId("in");
        var item = Item(subscription);
        return new JsonObject
        {
            ["id"] = id, ["object"] = "invoice", ["amount_due"] = amount, ["amount_paid"] = 0, ["amount_remaining"] = amount, ["attempt_count"] = 0, ["attempted"] = false,
            ["auto_advance"] = true, ["billing_reason"] = reason, ["collection_method"] = "charge_automatically", ["created"] = Seconds, ["currency"] = (string?)subscription["currency"],
            ["customer"] = (string?)subscription["customer"], ["hosted_invoice_url"] = $"{PublicUrl}/invoice/{id}", ["invoice_pdf"] = $"{PublicUrl}/invoice/{id}/pdf",
            ["lines"] = new JsonObject { ["object"] = "list", ["has_more"] = false, ["url"] = $"/v1/invoices/{id}/lines", ["data"] = new JsonArray() }, ["livemode"] = false,
            ["metadata"] = new JsonObject(), ["number"] = string.Create(CultureInfo.InvariantCulture, $"FAKE-{_number:D6}"),
            ["parent"] = new JsonObject
            {
                ["type"] = "subscription_details", ["quote_details"] = null,
                ["subscription_details"] = new JsonObject { ["metadata"] = new JsonObject(), ["subscription"] = (string?)subscription["id"] },
            },
            ["period_start"] = (long)item["current_period_start"]!, ["period_end"] = (long)item["current_period_end"]!, ["starting_balance"] = 0, ["status"] = "open",
            ["subtotal"] = amount, ["total"] = amount,
        };
    }

    private static JsonObject Phase(string price, long start, long end) => new()
    {
        ["start_date"] = start, ["end_date"] = end, ["proration_behavior"] = "none", ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray(new JsonObject { ["price"] = price, ["quantity"] = 1, ["metadata"] = new JsonObject() }),
    };

    /// <summary>A month or a year later, by the calendar.</summary>
    private static long Next(long from, JsonObject price)
    {
        var start = DateTimeOffset.FromUnixTimeSeconds(from);
        return ((string?)price["recurring"]!["interval"] == "year" ? start.AddYears(1) : start.AddMonths(1)).ToUnixTimeSeconds();
    }
}
