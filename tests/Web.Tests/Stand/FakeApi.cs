using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LinkShort.Web.Tests.Stand;

/// <summary>
/// The public API as far as the web app uses it, in memory, as documented in api.md: problem details, cursors, ETags,
/// rotating refresh tokens whose reuse revokes the family. Tests can make calls fail.
/// </summary>
internal sealed partial class FakeApi : IAsyncDisposable
{
    /// <summary>Pixels of the picture that stands for every QR code.</summary>
    public const int QrSize = 8;

    private static readonly byte[] QrPng = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAFUlEQVR42mP4DwUMSAwGICDEQNMFALniL9FxeFpKAAAAAElFTkSuQmCC");

    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, (Account Account, DateTimeOffset ExpiresAt)> _accessTokens = new();
    private readonly Lock _lock = new();
    private readonly List<Rule> _rules = [];
    private WebApplication _app = null!;

    public string Address { get; private set; } = "";

    public ConcurrentQueue<Call> Calls { get; } = new();

    public sealed record Call(string Method, string Path, string Query, string? InternalKey, string? ForwardedFor, string? Authorization, string? UserAgent = null);

    private sealed record Rule(Guid Id, Func<HttpRequest, bool> Applies, int Status, string Slug, string Body, int? RetryAfter);

    internal sealed partial class Account
    {
        public required string Email { get; set; }

        public required string Password { get; set; }

        public string? Name { get; set; }

        public List<LinkRow> Links { get; } = [];

        public IReadOnlyList<LinkRow> LiveLinks => [.. Links.ToArray().Where(link => link.DeletedAt is null)];

        public List<JsonObject> Keys { get; } = [];

        public ConcurrentDictionary<string, bool> RefreshTokens { get; } = new();

        public bool FamilyRevoked { get; set; }

        public int Refreshes;
    }

    internal sealed class LinkRow
    {
        public Guid Id { get; } = Guid.CreateVersion7();

        public required string Code { get; set; }

        public required string Url { get; set; }

        public string? Title { get; set; }

        public DateTimeOffset CreatedAt { get; init; } = TimeProvider.System.GetUtcNow();

        public DateTimeOffset UpdatedAt { get; set; } = TimeProvider.System.GetUtcNow();

        public long Version { get; set; } = 1;

        /// <summary>Fields that pages don't change.</summary>
        public JsonObject Beyond { get; init; } = [];

        /// <summary>The last POST or PATCH, as received.</summary>
        public JsonObject? LastChange { get; set; }

        public void Keep(JsonObject change)
        {
            foreach (var (field, value) in change)
            {
                switch (field)
                {
                    case "url":
                        Url = (string)value!;
                        break;
                    case "title":
                        Title = (string?)value;
                        break;
                    case "code":
                        Code = (string)value!;
                        break;
                    case "password":
                        Beyond["hasPassword"] = value is not null;
                        break;
                    case "rules" or "variants" or "utm" or "preview" or "deepLinks" when value is null:
                        Beyond.Remove(field);
                        break;
                    default:
                        Beyond[field] = value?.DeepClone();
                        break;
                }
            }
        }

        public long Clicks { get; set; }

        public DateTimeOffset? DeletedAt { get; set; }

        public Guid? CreatedBy { get; set; }

        public string[] Tags => [.. Beyond["tags"]?.AsArray().Select(tag => (string)tag!) ?? []];

        public bool Archived => (bool?)Beyond["archived"] == true;
    }

    public static async Task<FakeApi> StartAsync()
    {
        var api = new FakeApi { _description = await ApiDescription.LoadAsync() };
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        api._app = builder.Build();
        api._app.Use(api.CheckContractAsync);
        api._app.Use(api.SteerAsync);
        api._app.Use(api.CheckViewingAsync);
        api._app.Use(api.CheckRoleAsync);
        api._app.Use(api.CheckCredentialsAsync);
        api._app.MapGet("/health", () => Results.Json(
            new { status = "degraded", services = new { identity = "healthy", links = "healthy", analytics = "healthy", web = "healthy", redirect = "healthy", notification = "degraded" } }));
        api.MapAuth();
        api.MapAccount();
        api.MapFactors();
        api.MapLinks();
        api.MapBuilder();
        api.MapKeys();
        api.MapWorkspaces();
        api.MapInvitations();
        api.MapAuditLog();
        api.MapPrivacy();
        api.MapSso();
        api.MapBilling();
        api.MapAdministration();
        api.MapRevenue();
        await api._app.StartAsync();
        api.Address = api._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Differences.Distinct().ShouldBeEmpty("An exchange differs from the OpenAPI documents.");
    }

    /// <summary>Answers matching calls with this problem until the result is disposed.</summary>
    /// <param name="whose">Restricts it to calls of this account.</param>
    public IDisposable Fail(string method, string path, int status, string slug = "", string members = "", int? retryAfter = null, Account? whose = null)
    {
        var rule = new Rule(Guid.NewGuid(), request => request.Method == method && (whose is null || Caller(request) == whose) && request.Path.Value!.StartsWith("/api/v1" + path, StringComparison.Ordinal), status, slug, members, retryAfter);
        lock (_lock)
        {
            _rules.Add(rule);
        }

        return new Undo(() =>
        {
            lock (_lock)
            {
                _rules.RemoveAll(other => other.Id == rule.Id);
            }
        });
    }

    public Account AddAccount(string email, string password, string? name = null) =>
        _accounts[email] = new Account { Email = email, Password = password, Name = name };

    public Account AccountOf(string email) => _accounts[email];

    public LinkRow AddLink(Account account, string code, string url, string? title = null, long clicks = 0, TimeSpan age = default)
    {
        var at = TimeProvider.System.GetUtcNow() - age;
        var link = new LinkRow { Code = code, Url = url, Title = title, Clicks = clicks, CreatedAt = at, UpdatedAt = at, CreatedBy = account.Id };
        account.Links.Add(link);
        return link;
    }

    private sealed class Undo(Action action) : IDisposable
    {
        public void Dispose() => action();
    }

    private async Task SteerAsync(HttpContext context, Func<Task> next)
    {
        var request = context.Request;
        Calls.Enqueue(new Call(request.Method, request.Path, request.QueryString.Value ?? "", request.Headers["X-Internal-Key"], request.Headers["X-Forwarded-For"], request.Headers.Authorization, request.Headers.UserAgent));
        Rule? rule;
        lock (_lock)
        {
            rule = _rules.FirstOrDefault(candidate => candidate.Applies(request));
        }

        if (rule is null)
        {
            await next();
            return;
        }

        if (rule.RetryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        await Problem(rule.Status, rule.Slug, rule.Body).ExecuteAsync(context);
    }

    private static IResult Problem(int status, string slug, string members = "") => Results.Text(
        $$"""{"type":"/problems/{{slug}}","status":{{status}},"title":"{{slug}}","traceId":"0123456789abcdef"{{(members.Length > 0 ? "," + members : "")}}}""",
        "application/problem+json",
        statusCode: status);

    private static IResult Invalid(Dictionary<string, string[]> errors) => Problem(400, "validation", $"\"errors\":{JsonSerializer.Serialize(errors)}");

    /// <summary>All errors of a registration at once, as identity reports them.</summary>
    private static Dictionary<string, string[]> RegistrationErrors(JsonObject body)
    {
        var errors = new Dictionary<string, string[]>();
        if (Text(body, "email")?.Contains('@', StringComparison.Ordinal) != true)
        {
            errors["email"] = ["This is not an e-mail address."];
        }

        if ((Text(body, "password") ?? "").Length < 8)
        {
            errors["password"] = ["At least 8 characters."];
        }

        var consents = body["consents"]?.AsArray() ?? [];
        for (var index = 0; index < consents.Count; index++)
        {
            if (consents[index]!["version"]!.ToString() != ConsentVersion)
            {
                errors[$"consents[{index}].version"] = ["The text has changed."];
            }
            else if (consents[index]!["purpose"]!.ToString() != "product-mail" && !consents[index]!["granted"]!.GetValue<bool>())
            {
                errors[$"consents[{index}].granted"] = ["An account can't exist without it."];
            }
        }

        return errors;
    }

    private static IResult Invalid(string field, string message) => Problem(400, "validation", $$"""  "errors":{"{{field}}":["{{message}}"]}  """);

    private static string? Text(JsonObject body, string name) => body[name]?.GetValue<string>();

    private void MapAuth()
    {
        var auth = _app.MapGroup("/api/v1/auth");
        auth.MapPost("/register", (JsonObject body) =>
        {
            var email = Text(body, "email") ?? "";
            if (RegistrationErrors(body) is { Count: > 0 } errors)
            {
                return Invalid(errors);
            }

            var invited = Text(body, "invitationToken") is null ? null : InvitationOf(Text(body, "invitationToken")!);
            if (Text(body, "invitationToken") is not null && invited is null)
            {
                return Problem(410, "invitation-invalid");
            }

            if (invited is { Invitation.Email: var address } && address != email)
            {
                return Problem(403, "invitation-for-somebody-else");
            }

            var account = new Account { Email = email, Password = Text(body, "password")!, Name = Text(body, "name"), Locale = Text(body, "locale") ?? "en", EmailVerified = invited is not null };
            account.State.Consents = body["consents"]?.AsArray();
            account.State.Onboarding = "open";
            if (!_accounts.TryAdd(email, account))
            {
                return Problem(409, "email-taken");
            }

            if (invited is var (team, invitation))
            {
                team.Invitations.Remove(invitation);
                Join(team, account, invitation.Role);
            }

            return Results.Json(new { userId = Guid.CreateVersion7(), workspaceId = Guid.CreateVersion7(), email, joinedWorkspaceId = invited?.Team.Id }, statusCode: 201);
        });
        auth.MapPost("/login", LogIn);
        auth.MapPost("/refresh", async (JsonObject body) =>
        {
            var token = Text(body, "refreshToken") ?? "";
            var account = _accounts.Values.FirstOrDefault(candidate => candidate.RefreshTokens.ContainsKey(token));
            await Task.Delay(account?.State.RefreshDuration ?? TimeSpan.Zero);
            if (account is null || account.FamilyRevoked)
            {
                return Problem(401, "invalid-refresh-token");
            }

            Interlocked.Increment(ref account.Refreshes);
            if (!account.RefreshTokens.TryUpdate(token, false, true))
            {
                account.FamilyRevoked = true;
                return Problem(401, "invalid-refresh-token");
            }

            return TokensFor(account);
        });
        auth.MapPost("/logout", (JsonObject body) =>
        {
            foreach (var account in _accounts.Values.Where(account => account.RefreshTokens.ContainsKey(Text(body, "refreshToken") ?? "")))
            {
                account.FamilyRevoked = true;
            }

            return Results.NoContent();
        });
    }

    private IResult TokensFor(Account account, string? deviceToken = null)
    {
        var access = $"access-{RandomNumberGenerator.GetHexString(24)}.{ClaimsOf(account)}.signature";
        var refresh = "refresh-" + RandomNumberGenerator.GetHexString(24);
        account.FamilyRevoked = false;
        account.RefreshTokens[refresh] = true;
        _accessTokens[access] = (account, TimeProvider.System.GetUtcNow() + account.State.TokenLifetime);
        return Results.Json(new { accessToken = access, refreshToken = refresh, expiresIn = (int)account.State.TokenLifetime.TotalSeconds, tokenType = "Bearer", deviceToken });
    }

    private Account? Caller(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.Ordinal)
            && _accessTokens.TryGetValue(header[7..], out var token) && token.ExpiresAt > TimeProvider.System.GetUtcNow()
                ? token.Account
                : null;
    }

    private void MapLinks()
    {
        var links = _app.MapGroup("/api/v1/links");
        links.MapPost("/", (HttpRequest request, JsonObject body) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (MadeBefore(request, account) is { } earlier)
            {
                return Results.Json(Shown(earlier), statusCode: 201);
            }

            if (Invalid(Text(body, "url")) is { } invalid)
            {
                return invalid;
            }

            var code = Text(body, "code") ?? RandomNumberGenerator.GetString("abcdefghjkmnpqrstuvwxyz23456789", 7);
            if (_accounts.Values.SelectMany(other => other.Links.ToArray()).Any(link => link.Code == code))
            {
                return Problem(409, "code-taken");
            }

            var created = AddLink(account, code, Text(body, "url")!, Text(body, "title"));
            created.LastChange = body;
            created.Keep(body);
            Remember(request, account, created);
            return Results.Json(Shown(created), statusCode: 201);
        });
        links.MapGet("/", ListLinks);
        MapManyLinks(links);
        MapLink(links);
    }

    private void MapLink(RouteGroupBuilder links)
    {
        links.MapGet("/{id:guid}", (HttpContext context, Guid id) => WithLink(context, id, (_, link) =>
        {
            context.Response.Headers.ETag = $"\"v{link.Version}\"";
            return Results.Json(Shown(link));
        }));
        links.MapPatch("/{id:guid}", (HttpContext context, Guid id, JsonObject body) => WithLink(context, id, (_, link) =>
        {
            if (context.Request.Headers.IfMatch is [{ } match] && match != $"\"v{link.Version}\"")
            {
                return Problem(412, "precondition-failed");
            }

            if (body.ContainsKey("url") && Invalid(Text(body, "url")) is { } invalid)
            {
                return invalid;
            }

            link.LastChange = body;
            link.Keep(body);
            (link.Version, link.UpdatedAt) = (link.Version + 1, TimeProvider.System.GetUtcNow());
            return Results.Json(Shown(link));
        }));
        links.MapGet("/{id:guid}/qr", (HttpContext context, Guid id, string? format, string? fg, bool? logo) => WithLink(context, id, (account, link) =>
            logo == true && account.QrLogo is null ? Invalid("logo", "No logo yet.")
            : fg == "#ffffff" ? Invalid("fg", "Too light for scanners.")
            : format == "png" ? Results.Bytes(QrPng, "image/png")
            : Results.Text($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\"><path fill=\"{fg ?? "#000000"}\" d=\"M2 2h4v4h-4z\"/></svg>", "image/svg+xml")));
        _app.MapGet("/api/v1/analytics", (HttpRequest request, string from, string? to, string interval) => Caller(request) is not { } account
            ? Problem(401, "unauthorized")
            : Results.Json(AnalyticsOf(new LinkRow { Code = "all", Url = "", Clicks = account.Links.ToArray().Sum(link => link.Clicks) }, Moment(from), EndOf(to), interval)));
        links.MapGet("/{id:guid}/analytics", (HttpContext context, Guid id, string from, string? to, string interval) =>
            WithLink(context, id, (_, link) => Results.Json(AnalyticsOf(link, Moment(from), EndOf(to), interval))));
    }

    private IResult WithLink(HttpContext context, Guid id, Func<Account, LinkRow, IResult> then) => Caller(context.Request) switch
    {
        null => Problem(401, "unauthorized"),
        { } account => account.Links.ToArray().FirstOrDefault(link => link.Id == id && link.DeletedAt is null) is { } link ? then(account, link) : Problem(404, "not-found"),
    };

    private static IResult? Invalid(string? url) => url switch
    {
        null or "" => Invalid("url", "This is required."),
        _ when !url.StartsWith("http", StringComparison.Ordinal) => Invalid("url", "Only http and https addresses can be shortened."),
        _ => null,
    };

    private static JsonObject Shown(LinkRow link)
    {
        var shown = (JsonObject)link.Beyond.DeepClone();
        shown["id"] = link.Id;
        shown["code"] = link.Code;
        shown["aliases"] ??= new JsonArray();
        shown["domain"] = "linksho.rt";
        shown["shortUrl"] = "https://linksho.rt/" + link.Code;
        shown["url"] = link.Url;
        shown["title"] = link.Title;
        shown["createdAt"] = link.CreatedAt;
        shown["updatedAt"] = link.UpdatedAt;
        shown["version"] = link.Version;
        shown["clicks"] = link.Clicks;
        return WithDefaults(
            shown, ("notes", null), ("tags", new JsonArray()), ("redirectType", 302), ("activeFrom", null), ("expiresAt", null), ("expiredUrl", null),
            ("maxClicks", null), ("usedUp", false), ("hasPassword", false), ("forwardQuery", "off"), ("utm", null), ("rules", new JsonArray()), ("variants", new JsonArray()),
            ("preview", null), ("deepLinks", null), ("cacheSeconds", null), ("allowIndexing", false), ("archived", false), ("deletedAt", link.DeletedAt), ("restorableUntil", link.DeletedAt?.AddDays(30)), ("createdBy", link.CreatedBy));
    }

    /// <summary>Distributes the link's clicks over the period with a weekly rhythm, without gaps.</summary>
    private static object AnalyticsOf(LinkRow link, DateTimeOffset from, DateTimeOffset to, string interval)
    {
        var starts = new List<DateTimeOffset>();
        for (var at = from; at <= to; at = interval switch { "hour" => at.AddHours(1), "week" => at.AddDays(7), "month" => at.AddMonths(1), _ => at.AddDays(1) })
        {
            starts.Add(at);
        }

        // Some less than in the period that is shown.
        var isPast = to < TimeProvider.System.GetUtcNow().AddMinutes(-1);
        var weights = starts.Select((_, i) => 2.2 + Math.Sin(i / 1.11) + Math.Cos(i / 3.7) + (i / (double)starts.Count)).ToArray();
        var trend = starts
            .Select((start, i) => (Start: start, Clicks: (long)Math.Round(link.Clicks * (isPast ? 0.8 : 1) * weights[i] / weights.Sum())))
            .Select(point => new { start = point.Start.UtcDateTime, clicks = point.Clicks, visitors = (long)Math.Ceiling(point.Clicks * 0.78), botClicks = point.Clicks / 9 })
            .ToArray();
        NamedPart[] Parts(params (string Name, int Percent)[] parts) => link.Clicks == 0 ? [] : [.. parts.Select(part => new NamedPart(part.Name, link.Clicks * part.Percent / 100))];
        return new
        {
            from,
            to,
            interval,
            timeZone = "UTC",
            totals = new { clicks = trend.Sum(p => p.clicks), visitors = trend.Sum(p => p.visitors), botClicks = trend.Sum(p => p.botClicks) },
            trend,
            topReferrers = Parts(("direct", 48), ("news.ycombinator.com", 23), ("t.co", 13), ("www.google.com", 9), ("mastodon.social", 4)),
            channels = Parts(("direct", 48), ("social", 40), ("search", 9)),
            geo = Parts(("DE", 41), ("US", 22), ("GB", 12), ("NL", 9), ("Unknown", 6)).ToDictionary(part => part.Name, part => part.Name switch
            {
                "DE" => new Dictionary<string, long> { ["Berlin"] = part.Clicks - (part.Clicks / 3), ["Munich"] = part.Clicks / 3 },
                "US" => new Dictionary<string, long> { ["New York"] = part.Clicks },
                _ => new Dictionary<string, long> { ["Unknown"] = part.Clicks },
            }),
            devices = Parts(("mobile", 61), ("desktop", 34), ("tablet", 5)),
            browsers = Parts(("Chrome", 52), ("Safari", 28), ("Firefox", 14), ("Edge", 6)),
            os = Parts(("iOS", 40), ("Windows", 35), ("Linux", 25)),
            languages = Parts(("de", 55), ("en", 45)),
            classes = Parts(("human", 100)),
            classReasons = Parts(),
            variants = link.Beyond["variants"] is System.Text.Json.Nodes.JsonArray { Count: > 0 } ? Parts(("Control", 60), ("Video", 40)) : Parts(),
        };
    }

    /// <param name="to">A moment, a day, which is included, or null for now.</param>
    private static DateTimeOffset EndOf(string? to) => to is null ? TimeProvider.System.GetUtcNow() : Moment(to).AddDays(to.Length == 10 ? 1 : 0).AddTicks(-1);

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static JsonObject ShownKey(JsonObject key) =>
        WithDefaults(key, ("allowedNetworks", null), ("expiresAt", null), ("lastUsedAt", null), ("rotatedTo", null), ("version", 1));

    /// <summary>The only response that contains the secret.</summary>
    private static JsonObject Created(JsonObject key, string secret)
    {
        var created = new JsonObject { ["key"] = secret };
        foreach (var member in new[] { "id", "name", "scopes", "prefix", "createdAt", "expiresAt", "allowedNetworks" })
        {
            created[member] = key[member]?.DeepClone();
        }

        return created;
    }

    private sealed record NamedPart(string Name, long Clicks);

    private void MapKeys()
    {
        var keys = _app.MapGroup("/api/v1/api-keys");
        keys.MapGet("/", (HttpRequest request) => Caller(request) is { } account
            ? Items(account.Keys, ShownKey)
            : Problem(401, "unauthorized"));
        keys.MapPost("/", (HttpRequest request, JsonObject body) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (body["scopes"]!.AsArray().Count == 0)
            {
                return Invalid("scopes", "Choose at least one.");
            }

            var key = "ls_live_" + RandomNumberGenerator.GetHexString(32, lowercase: true);
            var id = Guid.CreateVersion7();
            account.Keys.Add(new JsonObject
            {
                ["id"] = id,
                ["userId"] = account.Id,
                ["allowedNetworks"] = body["allowedNetworks"]?.DeepClone(),
                ["version"] = 1,
                ["name"] = Text(body, "name"),
                ["scopes"] = body["scopes"]!.DeepClone(),
                ["createdAt"] = TimeProvider.System.GetUtcNow(),
                ["expiresAt"] = body["expiresAt"]?.DeepClone(),
                ["lastUsedAt"] = null,
                ["prefix"] = key[..12],
            });
            return Results.Json(Created(account.Keys[^1], key), statusCode: 201);
        });
        MapKeyChanges(keys);
        keys.MapDelete("/{id:guid}", (HttpRequest request, Guid id) =>
            Caller(request) is { } account && account.Keys.RemoveAll(key => key["id"]!.GetValue<Guid>() == id) > 0 ? Results.NoContent() : Problem(404, "not-found"));
    }
}
