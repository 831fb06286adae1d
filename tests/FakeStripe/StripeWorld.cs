using System.Globalization;
using System.Text.Json.Nodes;

namespace LinkShort.FakeStripe;

/// <summary>Everything that Stripe knows, in memory, with a clock of its own. One lock: every request sees and leaves a consistent world.</summary>
public sealed partial class StripeWorld
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Kind, string Id), JsonObject> _objects = [];

    /// <summary>In the order in which they were made.</summary>
    private readonly Dictionary<string, List<JsonObject>> _byKind = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Kind, string Customer), List<JsonObject>> _byCustomer = [];

    private readonly Dictionary<string, (string Request, JsonObject Answer)> _once = new(StringComparer.Ordinal);
    private readonly List<Fault> _faults = [];
    private long _number;
    private TimeSpan _ahead;

    /// <summary>Where events are sent; null for nowhere.</summary>
    public Uri? WebhookUrl { get; set; }

    public string WebhookSecret { get; set; } = "whsec_fake";

    /// <summary>The API version that events are written in.</summary>
    public string EventVersion { get; set; } = "2026-10-28.endive";

    /// <summary>Of the checkout pages; known from the first request.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>Events in the order in which they happened, and whether each has been delivered.</summary>
    public EventQueue Events { get; } = new();

    /// <summary>Number of requests by method and path, such as <c>POST /v1/customers</c>.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, int> Requests { get; } = new(StringComparer.Ordinal);

    public DateTimeOffset Now => TimeProvider.System.GetUtcNow() + _ahead;

    private long Seconds => Now.ToUnixTimeSeconds();

    public void AddPrice(string id, long amount, string currency, string interval, bool active = true)
    {
        lock (_lock)
        {
            Keep("price", new JsonObject
            {
                ["id"] = id, ["object"] = "price", ["active"] = active, ["billing_scheme"] = "per_unit", ["created"] = Seconds, ["currency"] = currency, ["livemode"] = false,
                ["lookup_key"] = null, ["metadata"] = new JsonObject(), ["nickname"] = null, ["product"] = "prod_" + id,
                ["recurring"] = new JsonObject { ["interval"] = interval, ["interval_count"] = 1, ["meter"] = null, ["trial_period_days"] = null, ["usage_type"] = "licensed" },
                ["tax_behavior"] = "unspecified", ["type"] = "recurring", ["unit_amount"] = amount, ["unit_amount_decimal"] = amount.ToString(CultureInfo.InvariantCulture),
            });
        }
    }

    public void ChangePrice(string id, long amount)
    {
        lock (_lock)
        {
            var price = Find("price", id);
            price["unit_amount"] = amount;
            _objects[("price", id)]["unit_amount"] = amount;
            Happened("price.updated", price);
        }
    }

    public void AddPromotionCode(string code)
    {
        lock (_lock)
        {
            Keep("promotion_code", new JsonObject { ["id"] = NewId("promo"), ["object"] = "promotion_code", ["active"] = true, ["code"] = code, ["created"] = Seconds, ["livemode"] = false, ["metadata"] = new JsonObject(), ["times_redeemed"] = 0 });
        }
    }

    /// <summary>The next requests whose method and path contain this text fail, or are slow.</summary>
    public void Break(int? status, string path = "", int times = int.MaxValue, TimeSpan delay = default)
    {
        lock (_lock)
        {
            _faults.Add(new Fault(status, delay, path, times));
        }
    }

    public void Mend()
    {
        lock (_lock)
        {
            _faults.Clear();
        }
    }

    public Fault? NextFault(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var name = $"{request.Method} {request.Path}";
        Requests.AddOrUpdate(name, 1, (_, count) => count + 1);
        lock (_lock)
        {
            var index = _faults.FindIndex(fault => name.Contains(fault.Path, StringComparison.Ordinal));
            if (index < 0)
            {
                return null;
            }

            var fault = _faults[index];
            if (fault.Times <= 1)
            {
                _faults.RemoveAt(index);
            }
            else
            {
                _faults[index] = fault with { Times = fault.Times - 1 };
            }

            return fault;
        }
    }

    /// <summary>Stripe remembers keys for at least 24 hours, failures of validation excepted.</summary>
    public JsonObject Once(string key, string request, Func<JsonObject> handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        lock (_lock)
        {
            if (key.Length > 0 && _once.TryGetValue(key, out var first))
            {
                return first.Request == request ? (JsonObject)first.Answer.DeepClone()
                    : throw new StripeFaultException(400, "idempotency_error", null, "Keys for idempotent requests can only be used with the same parameters they were first used with.");
            }

            var answer = (JsonObject)handle().DeepClone();
            if (key.Length > 0)
            {
                _once[key] = (request, answer);
            }

            return (JsonObject)answer.DeepClone();
        }
    }

    /// <summary>A copy.</summary>
    public JsonObject Find(string kind, string id)
    {
        lock (_lock)
        {
            return (JsonObject)Get(kind, id).DeepClone();
        }
    }

    public IReadOnlyList<JsonObject> All(string kind)
    {
        lock (_lock)
        {
            return [.. Kept(kind).Select(each => (JsonObject)each.DeepClone())];
        }
    }

    /// <summary>Those of a customer.</summary>
    public IReadOnlyList<JsonObject> AllOf(string kind, string customer)
    {
        lock (_lock)
        {
            return [.. KeptOf(kind, customer).Select(each => (JsonObject)each.DeepClone())];
        }
    }

    /// <summary>Newest first, with <c>starting_after</c> and <c>limit</c> (https://docs.stripe.com/api/pagination).</summary>
    public JsonObject List(string kind, Form query, string url)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (kind == "checkout.session")
        {
            CheckCustomer(query);
        }

        lock (_lock)
        {
            var all = (query["customer"] is { } customer ? KeptOf(kind, customer) : Kept(kind)).AsEnumerable().Reverse().Where(each =>
                (query["created[gte]"] is null || (long)each["created"]! >= query.Number("created[gte]"))
                && (kind != "checkout.session" || query["status"] is not { } wanted || (string?)each["status"] == wanted)
                && (kind != "subscription" || query["status"] == "all" || (string?)each["status"] != "canceled")).ToList();
            var from = query["starting_after"] is { } after ? all.FindIndex(each => (string?)each["id"] == after) + 1 : 0;
            var page = all.Skip(from).Take((int)(query.Number("limit") ?? 10)).ToList();
            return new JsonObject
            {
                ["object"] = "list", ["url"] = url, ["has_more"] = from + page.Count < all.Count, ["data"] = new JsonArray([.. page.Select(each => each.DeepClone())]),
            };
        }
    }

    public JsonObject ListPromotionCodes(Form query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return new JsonObject
        {
            ["object"] = "list", ["url"] = "/v1/promotion_codes", ["has_more"] = false,
            ["data"] = new JsonArray([.. All("promotion_code").Where(each => string.Equals((string?)each["code"], query["code"], StringComparison.OrdinalIgnoreCase))]),
        };
    }

    public JsonObject CreateCustomer(Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            var customer = new JsonObject
            {
                ["id"] = NewId("cus"), ["object"] = "customer", ["address"] = null, ["balance"] = 0, ["created"] = Seconds, ["currency"] = null, ["default_source"] = null,
                ["delinquent"] = false, ["description"] = null, ["discount"] = null, ["email"] = form["email"], ["invoice_prefix"] = "FAKE",
                ["invoice_settings"] = new JsonObject { ["custom_fields"] = null, ["default_payment_method"] = null, ["footer"] = null, ["rendering_options"] = null },
                ["livemode"] = false, ["metadata"] = form.Metadata(), ["name"] = form["name"], ["next_invoice_sequence"] = 1, ["phone"] = null,
                ["preferred_locales"] = new JsonArray(), ["shipping"] = null, ["tax_exempt"] = "none", ["test_clock"] = null,
            };
            Keep("customer", customer);
            Happened("customer.created", customer);
            return customer;
        }
    }

    public JsonObject UpdateCustomer(string id, Form form)
    {
        ArgumentNullException.ThrowIfNull(form);
        lock (_lock)
        {
            var customer = Get("customer", id);
            customer["email"] = form["email"] ?? (string?)customer["email"];
            customer["name"] = form["name"] ?? (string?)customer["name"];
            Happened("customer.updated", customer);
            return customer;
        }
    }

    public JsonObject DeleteCustomer(string id)
    {
        lock (_lock)
        {
            var customer = Get("customer", id);
            foreach (var subscription in KeptOf("subscription", id).Where(IsLive).ToList())
            {
                End(subscription);
            }

            _objects.Remove(("customer", id));
            Kept("customer").Remove(customer);
            Happened("customer.deleted", customer);
            return new JsonObject { ["id"] = id, ["object"] = "customer", ["deleted"] = true };
        }
    }

    /// <summary>As if it had never been: the account of another key doesn't have it.</summary>
    public void Forget(string kind, string id)
    {
        lock (_lock)
        {
            if (_objects.Remove((kind, id), out var forgotten))
            {
                Kept(kind).Remove(forgotten);
                if ((string?)forgotten["customer"] is { } customer)
                {
                    KeptOf(kind, customer).Remove(forgotten);
                }
            }
        }
    }

    /// <summary>A customer that a request names: for Stripe that is a wrong parameter, not a missing page.</summary>
    private void CheckCustomer(Form form)
    {
        var id = form.Required("customer");
        if (!_objects.ContainsKey(("customer", id)))
        {
            throw new StripeFaultException(400, "invalid_request_error", "resource_missing", $"No such customer: '{id}'", "customer");
        }
    }

    private string NewId(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}_{++_number:D8}{Guid.NewGuid():N}")[..(prefix.Length + 25)];

    private JsonObject Get(string kind, string id) => _objects.TryGetValue((kind, id), out var found) ? found
        : throw new StripeFaultException(404, "invalid_request_error", "resource_missing", $"No such {kind}: '{id}'");

    private void Keep(string kind, JsonObject value)
    {
        PublishedFields.AddTo(value);
        var key = (kind, (string)value["id"]!);
        _objects[key] = value;
        Kept(kind).Add(value);
        if ((string?)value["customer"] is { } customer)
        {
            KeptOf(kind, customer).Add(value);
        }
    }

    private List<JsonObject> Kept(string kind) =>
        _byKind.TryGetValue(kind, out var all) ? all : _byKind[kind] = [];

    private List<JsonObject> KeptOf(string kind, string customer) =>
        _byCustomer.TryGetValue((kind, customer), out var all) ? all : _byCustomer[(kind, customer)] = [];

    private void Happened(string type, JsonObject subject)
    {
        var happened = new JsonObject
        {
            ["id"] = NewId("evt"), ["object"] = "event", ["api_version"] = EventVersion, ["created"] = Seconds, ["data"] = new JsonObject { ["object"] = subject.DeepClone() },
            ["livemode"] = false, ["pending_webhooks"] = 1, ["request"] = new JsonObject { ["id"] = null, ["idempotency_key"] = null }, ["type"] = type,
        };
        Keep("event", happened);
        Events.Add((JsonObject)happened.DeepClone());
    }
}
