using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace LinkShort.Billing.Tests;

/// <summary>Webhooks that Stripe's own library for Node signed, so that neither our code nor Stripe.net is on both sides.</summary>
public sealed class SignatureTests(BillingFixture fixture)
{
    [Fact]
    public async Task What_Stripes_library_signs_is_accepted_and_nothing_else()
    {
        await using var shop = await StripeShop.OpenAsync(fixture);
        using var owner = shop.Service.ClientOf();
        shop.World.Pay(await StripeShop.CheckoutAsync(owner));
        // Not only ASCII: the signature is over bytes.
        var happened = shop.World.Events.TakeAll().Single(each => (string?)each["type"] == "checkout.session.completed");
        happened["data"]!["object"]!["metadata"]!["note"] = "Grüße, 你好 ✓";
        var body = Encoding.UTF8.GetBytes(happened.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        var now = TimeProvider.System.GetUtcNow();
        var signature = await SignAsync(body, StripeShop.Secret, now);
        var before = await SnapshotAsync(shop);

        foreach (var at in new[] { 0, body.Length / 2, body.Length - 1 })
        {
            var changed = body.ToArray();
            changed[at] ^= 1;
            (await shop.SendAsync(changed, signature)).ShouldBe(HttpStatusCode.BadRequest, $"byte {at}");
        }

        var large = Encoding.UTF8.GetBytes($$"""{"id":"evt_large","type":"x","padding":"{{new string('x', 1024 * 1024)}}"}""");
        foreach (var (sent, header, what) in new (byte[], string?, string)[]
        {
            ([.. body, (byte)' '], signature, "a byte more"), (body[..^1], signature, "a byte less"),
            (body, await SignAsync(body, StripeShop.Secret, now.AddMinutes(-6)), "an old signature"),
            (body, await SignAsync(body, "whsec_of_somebody_else", now), "a foreign secret"),
            (body, signature.Replace("v1=", "v0=", StringComparison.Ordinal), "another scheme"), (body, null, "no header"),
            (large, signature, "a large body"), (large, await SignAsync(large, "whsec_of_somebody_else", now), "a large body, signed by somebody else"),
            (large, await SignAsync(large, StripeShop.Secret, now), "a large body that is no event"),
        })
        {
            (await shop.SendAsync(sent, header)).ShouldBe(HttpStatusCode.BadRequest, what);
        }

        (await SnapshotAsync(shop)).ShouldBe(before);
        (await shop.PlanOfAsync(owner)).ShouldBe("free");

        (await shop.SendAsync(body, signature)).ShouldBe(HttpStatusCode.OK);
        (await shop.PlanOfAsync(owner)).ShouldBe("pro");
        (await shop.SendAsync(body, await SignAsync(body, "whsec_old", now))).ShouldBe(HttpStatusCode.OK, "the secret that is being replaced");
    }

    /// <summary>Everything that an event could change.</summary>
    private static Task<string> SnapshotAsync(StripeShop shop) => shop.Service.ScalarAsync<string>(
        """
        select concat_ws('|', (select count(*) from stripe_events), (select count(*) from subscriptions), (select count(*) from invoices),
            (select count(*) from current_plans), (select count(*) from revenue_changes), (select string_agg(state, ',') from checkouts))
        """);

    private static async Task<string> SignAsync(byte[] body, string secret, DateTimeOffset at)
    {
        // The script's package is in the project folder, not in its output.
        var script = Path.GetFullPath("../../../sign.mjs", AppContext.BaseDirectory);
        using var process = Process.Start(new ProcessStartInfo("node", [script, secret, at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await process.StandardInput.BaseStream.WriteAsync(body);
        process.StandardInput.Close();
        var signature = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
        return signature;
    }
}
