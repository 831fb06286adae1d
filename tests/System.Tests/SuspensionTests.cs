using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

[Collection(nameof(OneAtATime))]
public sealed class SuspensionTests(WholeSystem system)
{
    private static readonly TimeSpan EffectiveWithin = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_suspension_by_an_operator_takes_effect_on_every_replica_within_a_second_and_so_does_its_end()
    {
        using var user = await system.NewUserAsync();
        using var operators = await system.OperatorAsync(system.App.GetEndpoint("links", "http"));
        var host = $"h{Guid.NewGuid():N}.example";
        var link = await user.CreateLinkAsync($"https://www.{host}/a");
        var ruled = await CreateAsync(user, new { url = "https://example.com/", variants = new[] { new { weight = 1, url = $"https://{host}/b" } } });
        var workspace = JsonSerializer.Deserialize<JsonElement>(Convert.FromBase64String(Padded(
            user.Http.DefaultRequestHeaders.Authorization!.Parameter!.Split('.')[1]))).GetProperty("ws").GetString();
        await AllAnswerAsync(link, HttpStatusCode.Redirect);
        await AllAnswerAsync(ruled, HttpStatusCode.Redirect);

        foreach (var (kind, target, affected) in new[]
        {
            ("link", link.ShortUrl, new[] { link }), ("workspace", workspace!, [link, ruled]), ("host", host, [link, ruled]),
        })
        {
            await SendAsync(operators, HttpMethod.Put, kind, target);
            await Task.WhenAll(affected.Select(each => AllAnswerAsync(each, HttpStatusCode.Forbidden)));
            var refused = await CreateAsync(user.Http, new { url = $"https://{host}/c" });
            refused.ShouldBe(kind switch
            {
                "workspace" => (HttpStatusCode.Forbidden, "workspace-suspended"),
                "host" => (HttpStatusCode.BadRequest, "validation"),
                _ => (HttpStatusCode.Created, ""),
            });

            await SendAsync(operators, HttpMethod.Delete, kind, target);
            await Task.WhenAll(affected.Select(each => AllAnswerAsync(each, HttpStatusCode.Redirect)));
        }

        // The gateway does not route it.
        using var stranger = await user.Http.GetAsync(new Uri("/internal/suspensions", UriKind.Relative));
        stranger.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private Task AllAnswerAsync(Link link, HttpStatusCode status) => Task.WhenAll(system.Redirects.Select(redirect => Eventually.PassesAsync(async () =>
    {
        using var answer = await LinkShortClient.FollowAsync(redirect, link.Code);
        answer.StatusCode.ShouldBe(status);
    }, EffectiveWithin)));

    private static async Task SendAsync(HttpClient operators, HttpMethod method, string kind, string target)
    {
        using var request = new HttpRequestMessage(method, $"/internal/suspensions/{kind}?target={Uri.EscapeDataString(target)}");
        using var answer = await operators.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private static async Task<(HttpStatusCode Status, string Problem)> CreateAsync(HttpClient http, object body)
    {
        using var answer = await http.PostAsJsonAsync("/api/v1/links", body);
        var type = (await answer.Content.ReadFromJsonAsync<JsonElement>()).TryGetProperty("type", out var problem) ? problem.GetString()! : "";
        return (answer.StatusCode, type.Split('/')[^1]);
    }

    private static async Task<Link> CreateAsync(LinkShortClient user, object body)
    {
        using var answer = await user.Http.PostAsJsonAsync("/api/v1/links", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Link>(JsonSerializerOptions.Web))!;
    }

    private static string Padded(string base64Url) =>
        base64Url.Replace('-', '+').Replace('_', '/').PadRight((base64Url.Length + 3) / 4 * 4, '=');
}
