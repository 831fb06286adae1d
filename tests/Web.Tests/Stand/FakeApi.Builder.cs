using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>What the link builder asks: titles, free codes, the evaluator, templates, and the logo of QR codes.</summary>
internal sealed partial class FakeApi
{
    internal sealed partial class Account
    {
        public List<JsonObject> Templates { get; } = [];

        public byte[]? QrLogo { get; set; }

        /// <summary>The last body of <c>POST /links/evaluate</c>.</summary>
        public JsonObject? Evaluated { get; set; }
    }

    /// <summary>Titles by destination.</summary>
    public Dictionary<string, string> Titles { get; } = [];

    private void MapBuilder()
    {
        var links = _app.MapGroup("/api/v1/links");
        links.MapGet("/title", (HttpRequest request, string url) => WithCaller(request, _ =>
            Invalid(url) ?? Results.Json(new { url, title = Titles.GetValueOrDefault(url) })));
        links.MapGet("/availability", (HttpRequest request, string code, Guid? linkId) => WithCaller(request, _ =>
        {
            var status = code.Contains(' ', StringComparison.Ordinal) ? "invalid" : code == "api" ? "reserved"
                : _accounts.Values.SelectMany(account => account.Links.ToArray()).Any(link => link.Code == code && link.Id != linkId) ? "taken" : "available";
            return Results.Json(new
            {
                code,
                domain = "linksho.rt",
                status,
                reason = status switch { "available" => null, "taken" => "Another link already uses this code.", _ => "The code can't be used." },
                suggestions = status == "available" ? [] : new[] { code.Replace(' ', '-') + "-2", code.Replace(' ', '-') + "-3" },
            });
        }));
        links.MapPost("/evaluate", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            account.Evaluated = body;
            return Results.Json(new { outcomes = new[] { Outcome(body["link"]!.AsObject(), Text(body["visitor"]!.AsObject(), "country")) } });
        }));
        MapTemplates(_app.MapGroup("/api/v1/utm-templates"));
        MapLogo(_app.MapGroup("/api/v1/qr-logo"));
    }

    /// <summary>Knows rules about a country only.</summary>
    private static object Outcome(JsonObject link, string? country)
    {
        var rules = link["rules"]?.AsArray() ?? [];
        var rule = rules.ToList().FindIndex(each => country is not null && each!["when"]!["country"]?.AsArray().Any(code => (string?)code == country) == true);
        return new
        {
            step = "redirect", by = rule < 0 ? "destination" : "rule", rule = rule < 0 ? (int?)null : rule, variant = (string?)null, share = 1.0,
            url = rule < 0 ? Text(link, "url") : (string?)rules[rule]!["url"], asksForPassword = false,
        };
    }

    private void MapTemplates(RouteGroupBuilder templates)
    {
        templates.MapGet("/", (HttpRequest request) => WithCaller(request, account => Items(account.Templates.OrderBy(template => (string?)template["name"]))));
        templates.MapPost("/", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            if (string.IsNullOrWhiteSpace(Text(body, "name")))
            {
                return Invalid("name", "Required.");
            }

            if (body["utm"] is not JsonObject)
            {
                return Invalid("utm", "At least one parameter is required.");
            }

            var template = new JsonObject
            {
                ["id"] = Guid.CreateVersion7(), ["name"] = Text(body, "name"), ["utm"] = body["utm"]!.DeepClone(), ["createdAt"] = TimeProvider.System.GetUtcNow(),
                ["updatedAt"] = TimeProvider.System.GetUtcNow(), ["version"] = 1,
            };
            account.Templates.Add(template);
            return Results.Json(template, statusCode: 201);
        }));
        templates.MapPatch("/{id:guid}", (HttpRequest request, Guid id, JsonObject body) => WithCaller(request, account =>
        {
            if (account.Templates.Find(template => template["id"]!.GetValue<Guid>() == id) is not { } found)
            {
                return Problem(404, "not-found");
            }

            found["utm"] = body["utm"]!.DeepClone();
            return Results.Json(found);
        }));
        templates.MapDelete("/{id:guid}", (HttpRequest request, Guid id) => WithCaller(request, account => Removed(account.Templates, id)));
    }

    private void MapLogo(RouteGroupBuilder logo)
    {
        logo.MapGet("/", (HttpRequest request) => WithCaller(request, account => account.QrLogo is { } image ? Results.Bytes(image, "image/png") : Problem(404, "not-found")));
        logo.MapPut("/", async (HttpRequest request) =>
        {
            using var file = new MemoryStream();
            await request.Body.CopyToAsync(file);
            return WithCaller(request, account =>
            {
                if (file.ToArray() is not [0x89, 0x50, ..])
                {
                    return Invalid("logo", "Not a picture.");
                }

                account.QrLogo = file.ToArray();
                return Results.NoContent();
            });
        });
        logo.MapDelete("/", (HttpRequest request) => WithCaller(request, account =>
        {
            account.QrLogo = null;
            return Results.NoContent();
        }));
    }
}
