using System.Globalization;
using System.Net;

namespace LinkShort.FakeStripe;

/// <summary>The pages that people see: a checkout with Pay, Decline and Leave, and a portal.</summary>
internal static class CheckoutPages
{
    public static void Map(WebApplication app, StripeWorld world)
    {
        app.MapGet("/pay/{id}", (string id, bool? declined) =>
        {
            var session = world.Find("checkout.session", id);
            var amount = ((long)session["amount_total"]! / 100m).ToString("N2", CultureInfo.InvariantCulture);
            var trial = (long?)session["x_trial_days"] is > 0 and var days ? $"<p>{days} days free, then:</p>" : "";
            return Page("Checkout", $"""
                {trial}<p>{amount} {((string)session["currency"]!).ToUpperInvariant()}</p>{(declined == true ? "<p role=\"alert\">Your card was declined.</p>" : "")}
                <form method="post" action="/pay/{id}/pay"><button>Pay</button></form>
                <form method="post" action="/pay/{id}/start"><button>Start without a card</button></form>
                <form method="post" action="/pay/{id}/decline"><button>Decline</button></form>
                <form method="post" action="/pay/{id}/leave"><button>Leave</button></form>
                """);
        });
        app.MapPost("/pay/{id}/pay", (string id) => Results.Redirect(SuccessOf(world, id, hasCard: true)));
        app.MapPost("/pay/{id}/start", (string id) => Results.Redirect(SuccessOf(world, id, hasCard: false)));
        app.MapPost("/pay/{id}/decline", (string id) => Results.Redirect($"/pay/{id}?declined=true"));
        app.MapPost("/pay/{id}/leave", (string id) => Results.Redirect((string)world.Find("checkout.session", id)["cancel_url"]!));
        app.MapGet("/portal/{id}", (string id) =>
        {
            var session = world.Find("billing_portal.session", id);
            return Page("Billing", $"""
                <p>{WebUtility.HtmlEncode((string)session["customer"]!)}</p>
                <form method="post" action="/portal/{id}/card"><button>Use a card that works</button></form>
                <a href="{WebUtility.HtmlEncode((string)session["return_url"]!)}">Back</a>
                """);
        });
        app.MapPost("/portal/{id}/card", (string id) =>
        {
            world.SetCard((string)world.Find("billing_portal.session", id)["customer"]!, works: true);
            return Results.Redirect((string)world.Find("billing_portal.session", id)["return_url"]!);
        });
        app.MapGet("/invoice/{id}", (string id) => Page("Invoice", $"<p>{WebUtility.HtmlEncode((string?)world.Find("invoice", id)["number"])}</p>"));
        app.MapPost("/fake/advance", (double days) =>
        {
            world.Advance(TimeSpan.FromDays(days));
            return Results.NoContent();
        });
        app.MapPost("/fake/cards/{customer}", (string customer, bool works) =>
        {
            world.SetCard(customer, works);
            return Results.NoContent();
        });
    }

    private static string SuccessOf(StripeWorld world, string id, bool hasCard)
    {
        var session = world.Pay(id, hasCard);
        return ((string)session["success_url"]!).Replace("{CHECKOUT_SESSION_ID}", id, StringComparison.Ordinal);
    }

    private static IResult Page(string title, string body) =>
        Results.Content($"<!doctype html><html lang=\"en\"><title>{title} (fake Stripe)</title><main><h1>{title}</h1>{body}</main></html>", "text/html; charset=utf-8");
}
