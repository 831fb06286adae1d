using System.Net;
using LinkShort.Web.Tests.Stand;

namespace LinkShort.Web.Tests;

/// <summary>Every endpoint of the web app: requests that no page of it sends.</summary>
[Collection(nameof(WebStand))]
public sealed class EndpointTests(WebStand stand)
{
    [Fact]
    public async Task A_form_without_fields_is_the_visitors_error()
    {
        var failed = new List<string>();
        foreach (var (method, path) in stand.Web.Writes())
        {
            var account = stand.NewAccount();
            Samples.AddTo(stand.Api, account);
            using var visitor = await stand.VisitSignedInAsync(account);
            using var request = new HttpRequestMessage(new HttpMethod(method), path)
            {
                Content = new FormUrlEncodedContent([new(Visitor.TokenField, await visitor.ForgeryTokenAsync())]),
            };
            using var response = await visitor.SendAsync(request);
            if (response.StatusCode >= HttpStatusCode.InternalServerError)
            {
                failed.Add($"{method} {path}: {(int)response.StatusCode}");
            }
        }

        failed.ShouldBeEmpty();
    }

    [Fact]
    public async Task HEAD_answers_as_GET_on_every_page_and_document()
    {
        var account = stand.NewAccount();
        Samples.AddTo(stand.Api, account);
        using var visitor = await stand.VisitSignedInAsync(account);
        var paths = stand.Web.Pages()
            .Concat(["/openapi/v1.json", "/nothing", "/app/nothing", "/app/links/nothing", "/problems/nothing", "/app/assets/nothing.css"])
            .ToList();
        paths.Count.ShouldBeGreaterThan(40);
        foreach (var path in paths)
        {
            var (get, _) = await AnswerAsync(HttpMethod.Get, path);
            var (head, content) = await AnswerAsync(HttpMethod.Head, path);

            head.ShouldBe(get, path);
            content.ShouldBeEmpty(path);
        }

        async Task<(string Answer, string Content)> AnswerAsync(HttpMethod method, string path)
        {
            using var request = new HttpRequestMessage(method, path);
            using var response = await visitor.SendAsync(request);
            return ($"{(int)response.StatusCode} {response.Content.Headers.ContentType} {response.Headers.Location}", await response.Content.ReadAsStringAsync());
        }
    }
}
