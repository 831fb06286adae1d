using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace LinkShort.FakeStripe;

/// <summary>Events on their way.</summary>
public sealed class EventQueue
{
    private readonly ConcurrentQueue<JsonObject> _waiting = new();

    /// <summary>False: events wait for <see cref="TakeAll"/>, so that a test delivers them itself, in any order.</summary>
    public bool IsDelivering { get; set; } = true;

    public void Add(JsonObject happened) => _waiting.Enqueue(happened);

    public bool TryTake(out JsonObject? happened) => _waiting.TryDequeue(out happened);

    public IReadOnlyList<JsonObject> TakeAll()
    {
        var all = new List<JsonObject>();
        while (TryTake(out var happened))
        {
            all.Add(happened!);
        }

        return all;
    }
}

/// <summary>How events are delivered; in the order in which they happened, and once, by default.</summary>
/// <param name="Delay">Each event waits for a random time up to this, so that they arrive in any order.</param>
/// <param name="DoubledPercent">How many are delivered twice.</param>
public sealed record DeliveryOptions(TimeSpan Delay, int DoubledPercent)
{
    /// <summary><c>Webhook:DelaySeconds</c> and <c>Webhook:DoubledPercent</c>.</summary>
    public static DeliveryOptions Of(IConfiguration settings) =>
        new(TimeSpan.FromSeconds(settings.GetValue("Webhook:DelaySeconds", 0d)), settings.GetValue("Webhook:DoubledPercent", 0));
}

/// <summary>Sends events, signed as Stripe signs them (https://docs.stripe.com/webhooks#verify-manually), and again until they are accepted.</summary>
public sealed class Deliveries(StripeWorld world, DeliveryOptions options) : BackgroundService
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Stripe waits for hours between attempts; a person who tries the product doesn't.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(500);

    private readonly Random _random = new();

    /// <summary>The value of <c>Stripe-Signature</c>.</summary>
    public static string Sign(string body, string secret, DateTimeOffset at)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")))}";
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var underway = new List<Task>();
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!world.Events.IsDelivering || world.WebhookUrl is null || !world.Events.TryTake(out var happened))
            {
                await Task.Delay(20, stoppingToken);
                continue;
            }

            var body = happened!.ToJsonString();
            var times = _random.Next(100) < options.DoubledPercent ? 2 : 1;
            underway.RemoveAll(delivery => delivery.IsCompleted);
            underway.AddRange(Enumerable.Range(0, times).Select(_ => DeliverAsync(body, _random.NextDouble() * options.Delay, stoppingToken)));
            if (options.Delay == TimeSpan.Zero)
            {
                // In order.
                await Task.WhenAll(underway);
            }
        }
    }

    private async Task DeliverAsync(string body, TimeSpan delay, CancellationToken cancellationToken)
    {
        await Task.Delay(delay, cancellationToken);
        while (!await IsAcceptedAsync(body, cancellationToken))
        {
            await Task.Delay(RetryAfter, cancellationToken);
        }
    }

    private async Task<bool> IsAcceptedAsync(string body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, world.WebhookUrl) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            // Signed by the real clock: the receiver compares it with its own.
            request.Headers.Add("Stripe-Signature", Sign(body, world.WebhookSecret, TimeProvider.System.GetUtcNow()));
            using var response = await Http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }
}
