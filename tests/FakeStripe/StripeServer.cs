using System.Globalization;
using System.Text.Json.Nodes;

namespace LinkShort.FakeStripe;

/// <summary>
/// Stripe's HTTP API over <see cref="StripeWorld"/>: form-encoded requests, JSON answers with the fields of Stripe's published objects, idempotency keys,
/// errors, cursors, and faults on demand.
/// </summary>
public static class StripeServer
{
    public static WebApplication Build(string[] args, Action<StripeWorld>? prepare = null, bool isQuiet = false)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        if (isQuiet)
        {
            builder.Logging.ClearProviders();
        }

        var world = new StripeWorld
        {
            WebhookUrl = builder.Configuration["Webhook:Url"] is { Length: > 0 } url ? new Uri(url) : null,
            WebhookSecret = builder.Configuration["Webhook:Secret"] ?? "whsec_fake",
        };
        prepare?.Invoke(world);
        builder.Services.AddSingleton(world);
        builder.Services.AddSingleton(DeliveryOptions.Of(builder.Configuration));
        builder.Services.AddHostedService<Deliveries>();
        var app = builder.Build();
        app.Use((context, next) => FaultsAsync(context, world, next));
        Map(app, world);
        return app;
    }

    private static void Map(WebApplication app, StripeWorld world)
    {
        var api = app.MapGroup("/v1").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context);
            }
            catch (StripeFaultException fault)
            {
                return Error(fault);
            }
        });
        Add(api, world, "POST", "/customers", form => world.CreateCustomer(form));
        Add(api, world, "GET", "/customers/{id}", (id, _) => world.Find("customer", id));
        Add(api, world, "POST", "/customers/{id}", (id, form) => world.UpdateCustomer(id, form));
        Add(api, world, "DELETE", "/customers/{id}", (id, _) => world.DeleteCustomer(id));
        Add(api, world, "GET", "/prices/{id}", (id, _) => world.Find("price", id));
        Add(api, world, "GET", "/promotion_codes", query => world.ListPromotionCodes(query));
        Add(api, world, "POST", "/checkout/sessions", form => world.CreateSession(form));
        Add(api, world, "GET", "/checkout/sessions", query => world.List("checkout.session", query, "/v1/checkout/sessions"));
        Add(api, world, "GET", "/checkout/sessions/{id}", (id, _) => world.Find("checkout.session", id));
        Add(api, world, "POST", "/checkout/sessions/{id}/expire", (id, _) => world.Expire(id));
        Add(api, world, "GET", "/subscriptions", query => world.List("subscription", query, "/v1/subscriptions"));
        Add(api, world, "GET", "/subscriptions/{id}", (id, _) => world.Find("subscription", id));
        Add(api, world, "POST", "/subscriptions/{id}", (id, form) => world.UpdateSubscription(id, form));
        Add(api, world, "DELETE", "/subscriptions/{id}", (id, _) => world.CancelSubscription(id));
        Add(api, world, "POST", "/subscription_schedules", form => world.CreateSchedule(form));
        Add(api, world, "GET", "/subscription_schedules/{id}", (id, _) => world.Find("subscription_schedule", id));
        Add(api, world, "POST", "/subscription_schedules/{id}", (id, form) => world.UpdateSchedule(id, form));
        Add(api, world, "POST", "/subscription_schedules/{id}/release", (id, _) => world.ReleaseSchedule(id));
        Add(api, world, "GET", "/invoices", query => world.List("invoice", query, "/v1/invoices"));
        Add(api, world, "GET", "/invoices/{id}", (id, _) => world.Find("invoice", id));
        Add(api, world, "POST", "/invoices/create_preview", form => world.PreviewInvoice(form));
        Add(api, world, "GET", "/charges/{id}", (id, _) => world.Find("charge", id));
        Add(api, world, "GET", "/disputes/{id}", (id, query) => world.FindDispute(id, query));
        Add(api, world, "GET", "/events", query => world.List("event", query, "/v1/events"));
        Add(api, world, "POST", "/billing_portal/sessions", form => world.CreatePortalSession(form));
        api.MapFallback(context => Error(new StripeFaultException(404, "invalid_request_error", "resource_missing", $"Unrecognized request URL ({context.Request.Method}: {context.Request.Path}).")).ExecuteAsync(context));
        CheckoutPages.Map(app, world);
    }

    private static void Add(RouteGroupBuilder api, StripeWorld world, string method, string pattern, Func<Form, JsonObject> handle) =>
        // As a Delegate: a RequestDelegate's result would be ignored.
        api.MapMethods(pattern, [method], (Delegate)(async (HttpContext context) =>
            Answer(context, world, await Form.ReadAsync(context.Request), form => handle(form))));

    private static void Add(RouteGroupBuilder api, StripeWorld world, string method, string pattern, Func<string, Form, JsonObject> handle) =>
        api.MapMethods(pattern, [method], async (HttpContext context, string id) =>
            Answer(context, world, await Form.ReadAsync(context.Request), form => handle(id, form)));

    /// <summary>A repeated idempotency key gets the first answer; with other values it is an error (https://docs.stripe.com/api/idempotent_requests).</summary>
    private static IResult Answer(HttpContext context, StripeWorld world, Form form, Func<Form, JsonObject> handle)
    {
        if (!context.Request.Headers.Authorization.ToString().StartsWith("Bearer sk_", StringComparison.Ordinal))
        {
            throw new StripeFaultException(401, "invalid_request_error", "api_key_missing", "You did not provide an API key.");
        }

        world.PublicUrl ??= $"{context.Request.Scheme}://{context.Request.Host}";
        var key = HttpMethods.IsPost(context.Request.Method) ? context.Request.Headers["Idempotency-Key"].ToString() : "";
        return Json(world.Once(key, context.Request.Path + "\n" + form, () => handle(form)));
    }

    private static async Task FaultsAsync(HttpContext context, StripeWorld world, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/v1") && world.NextFault(context.Request) is { } fault)
        {
            // After the request was carried out: an answer that is late, or never read.
            context.Response.OnStarting(() => Task.Delay(fault.Delay));
            if (fault.Status is { } status)
            {
                context.Response.Headers["Stripe-Should-Retry"] = "false";
                await Error(new StripeFaultException(
                    status, status == 429 ? "rate_limit_error" : status == 402 ? "card_error" : "api_error", status == 402 ? "card_declined" : null, "Told to fail.")).ExecuteAsync(context);
                return;
            }
        }

        await next(context);
    }

    private static IResult Json(JsonObject body) => Results.Content(body.ToJsonString(), "application/json");

    private static IResult Error(StripeFaultException fault) => Results.Content(
        new JsonObject { ["error"] = new JsonObject { ["type"] = fault.Type, ["code"] = fault.Code, ["message"] = fault.Message, ["param"] = fault.Param } }.ToJsonString(),
        "application/json", statusCode: fault.Status);
}

/// <summary>An error of Stripe's API.</summary>
/// <param name="param">The parameter that is refused.</param>
public sealed class StripeFaultException(int status, string type, string? code, string message, string? param = null) : Exception(message)
{
    public string? Param { get; } = param;

    public int Status { get; } = status;

    public string Type { get; } = type;

    public string? Code { get; } = code;
}

/// <summary>What the next requests get instead of an answer.</summary>
/// <param name="Status">Null for the real answer.</param>
/// <param name="Delay">How late the answer is.</param>
public sealed record Fault(int? Status, TimeSpan Delay, string Path, int Times);

/// <summary>The fields of a form or query, with Stripe's brackets: <c>items[0][price]</c>.</summary>
public sealed class Form(IReadOnlyDictionary<string, string> fields)
{
    public string? this[string name] => fields.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public static async Task<Form> ReadAsync(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var fields = request.Query.ToDictionary(each => each.Key, each => each.Value.ToString(), StringComparer.Ordinal);
        if (request.HasFormContentType)
        {
            foreach (var (name, value) in await request.ReadFormAsync())
            {
                fields[name] = value.ToString();
            }
        }

        return new Form(fields);
    }

    public bool Has(string name) => fields.ContainsKey(name);

    public string Required(string name) =>
        this[name] ?? throw new StripeFaultException(400, "invalid_request_error", "parameter_missing", $"Missing required param: {name}.");

    public long? Number(string name) => long.TryParse(this[name], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public JsonObject Metadata(string prefix = "metadata") => new(fields
        .Where(field => field.Key.StartsWith(prefix + "[", StringComparison.Ordinal) && field.Key.IndexOf(']', StringComparison.Ordinal) == field.Key.Length - 1)
        .Select(field => KeyValuePair.Create<string, JsonNode?>(field.Key[(prefix.Length + 1)..^1], field.Value)));

    public override string ToString() => string.Join('&', fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}={field.Value}"));
}
