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

/// <summary>Sends events, signed as Stripe signs them (https://docs.stripe.com/webhooks#verify-manually), and again until they are accepted.</summary>
public sealed class Deliveries(StripeWorld world) : BackgroundService
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>The value of <c>Stripe-Signature</c>.</summary>
    public static string Sign(string body, string secret, DateTimeOffset at)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{time}.{body}")))}";
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!world.Events.IsDelivering || world.WebhookUrl is null || !world.Events.TryTake(out var happened))
            {
                await Task.Delay(20, stoppingToken);
                continue;
            }

            while (!await DeliverAsync(happened!.ToJsonString(), stoppingToken))
            {
                await Task.Delay(500, stoppingToken);
            }
        }
    }

    private async Task<bool> DeliverAsync(string body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, world.WebhookUrl) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            // Signed by the real clock: the receiver compares it with its own.
            request.Headers.Add("Stripe-Signature", Sign(body, world.WebhookSecret, TimeProvider.System.GetUtcNow()));
            using var response = await Http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
