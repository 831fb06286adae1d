using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>The administration API: 403 for everybody but operators, and read-only tokens of views.</summary>
internal sealed partial class FakeApi
{
    private readonly ConcurrentDictionary<string, (Guid Id, Account Viewed)> _views = new();
    private readonly ConcurrentDictionary<string, JsonObject> _flags = new();
    private readonly List<JsonObject> _announcements = [];

    internal sealed partial class Account
    {
        public bool IsOperator { get; set; }

        public string? SuspendedBecause { get; set; }

        public DateTimeOffset? ViewAllowedUntil { get; set; }

        public List<(DateTimeOffset From, DateTimeOffset To)> Views { get; } = [];

        public HashSet<Guid> Dismissed { get; } = [];
    }

    public Account Operator(string? name = "Olga Perry")
    {
        var account = AddAccount($"operator-{Guid.NewGuid():N}@example.com", "correct horse battery", name);
        account.IsOperator = true;
        return account;
    }

    public JsonObject Announce(string text, string level = "info", bool dismissible = true)
    {
        var announcement = new JsonObject
        {
            ["id"] = Guid.CreateVersion7(), ["texts"] = new JsonObject { ["en"] = text }, ["level"] = level, ["startsAt"] = TimeProvider.System.GetUtcNow(),
            ["endsAt"] = null, ["dismissible"] = dismissible, ["createdAt"] = TimeProvider.System.GetUtcNow(),
            ["updatedAt"] = TimeProvider.System.GetUtcNow(), ["version"] = 1,
        };
        lock (_announcements)
        {
            _announcements.Insert(0, announcement);
        }

        return announcement;
    }

    public void TakeDown(JsonObject announcement)
    {
        lock (_announcements)
        {
            _announcements.Remove(announcement);
        }
    }

    /// <summary>The owner withdraws support access: tokens of views of the account are refused.</summary>
    public void EndViews(Account viewed)
    {
        foreach (var token in _views.Where(view => view.Value.Viewed == viewed).Select(view => view.Key))
        {
            _accessTokens.TryRemove(token, out _);
        }
    }

    private Task CheckViewingAsync(HttpContext context, Func<Task> next)
    {
        var token = context.Request.Headers.Authorization.ToString();
        return token.Length > 7 && _views.ContainsKey(token[7..]) && !HttpMethods.IsGet(context.Request.Method)
            ? Problem(403, "view-only").ExecuteAsync(context)
            : next();
    }

    private void MapAdministration()
    {
        var admin = _app.MapGroup("/api/v1/admin").AddEndpointFilter(async (context, next) =>
            Caller(context.HttpContext.Request) is { } caller
                ? caller.IsOperator && !_views.ContainsKey(context.HttpContext.Request.Headers.Authorization.ToString()[7..])
                    ? !caller.State.IsRecent && HttpMethods.IsPost(context.HttpContext.Request.Method) ? Problem(403, "recent-sign-in-required") : await next(context)
                    : Problem(403, "forbidden")
                : Problem(401, "unauthorized"));
        admin.MapGet("/users", (string? search, bool? suspended) => Results.Json(new
        {
            items = _accounts.Values.Where(account => (search is null || account.Email.Contains(search, StringComparison.OrdinalIgnoreCase) || account.Id.ToString() == search
                    || account.Name?.Contains(search, StringComparison.OrdinalIgnoreCase) == true)
                && (suspended != true || account.SuspendedBecause is not null)).OrderByDescending(account => account.Id).Take(50).Select(account => new
                {
                    id = account.Id, email = account.Email, emailVerified = account.EmailVerified, name = account.Name,
                    suspended = account.SuspendedBecause is not null, createdAt = TimeProvider.System.GetUtcNow(),
                }),
            nextCursor = (string?)null,
        }));
        admin.MapGet("/users/{id:guid}", (Guid id) => OfAccount(id, account => Results.Json(Details(account))));
        admin.MapPost("/users/{id:guid}/suspend", (Guid id, HttpRequest request, JsonObject body) => OfAccount(id, account =>
        {
            if (Text(body, "reason") is not { Length: > 0 } reason)
            {
                return Invalid("reason", "From 1 to 500 printable characters.");
            }

            if (account == Caller(request))
            {
                return Problem(409, "operator-protected");
            }

            account.SuspendedBecause = reason;
            return Results.Json(Details(account));
        }));
        admin.MapPost("/users/{id:guid}/restore", (Guid id) => OfAccount(id, account =>
        {
            account.SuspendedBecause = null;
            return Results.Json(Details(account));
        }));
        admin.MapPost("/users/{id:guid}/sign-out", (Guid id) => OfAccount(id, account =>
        {
            account.FamilyRevoked = true;
            RevokeAccess(account);
            return Results.NoContent();
        }));
        MapViews(admin);
        MapWorkspaceAdministration(admin);
        MapFlags(admin);
        MapAnnouncements(admin);
        MapOperatorsLog(admin);
        MapSupportAccess(_app.MapGroup("/api/v1/me/support-access"));
    }

    private void MapViews(RouteGroupBuilder admin)
    {
        admin.MapPost("/users/{id:guid}/view", (Guid id) => OfAccount(id, account => account.ViewAllowedUntil is null
            ? Problem(403, "consent-required")
            : View(account, Guid.CreateVersion7())));
        admin.MapPost("/views/{id:guid}/token", (Guid id) =>
            _views.Values.FirstOrDefault(view => view.Id == id) is { Viewed: { ViewAllowedUntil: not null } viewed } ? View(viewed, id) : Problem(404, "not-found"));
        admin.MapDelete("/views/{id:guid}", (Guid id) =>
        {
            foreach (var token in _views.Where(view => view.Value.Id == id).Select(view => view.Key))
            {
                _accessTokens.TryRemove(token, out _);
            }

            return Results.NoContent();
        });
    }

    private void MapWorkspaceAdministration(RouteGroupBuilder admin)
    {
        admin.MapGet("/workspaces", (string? search) => Results.Json(new
        {
            items = _accounts.Values.SelectMany(TeamsOf).DistinctBy(team => team.Id)
                .Where(team => search is null || team.Name.Contains(search, StringComparison.OrdinalIgnoreCase) || team.Id.ToString() == search).Take(50).Select(team => new
            {
                id = team.Id, name = team.Name, plan = "free", personal = team.PersonalOf is not null, members = team.Members.Count,
                suspended = team.SuspendedBecause is not null, createdAt = TimeProvider.System.GetUtcNow(),
            }),
            nextCursor = (string?)null,
        }));
        admin.MapGet("/workspaces/{id:guid}", (Guid id) => OfTeam(id, team => Results.Json(Details(team))));
        admin.MapPost("/workspaces/{id:guid}/suspend", (Guid id, JsonObject body) => OfTeam(id, team =>
        {
            team.SuspendedBecause = Text(body, "reason");
            return Results.Json(Details(team));
        }));
        admin.MapPost("/workspaces/{id:guid}/restore", (Guid id) => OfTeam(id, team =>
        {
            team.SuspendedBecause = null;
            return Results.Json(Details(team));
        }));
    }

    private static void MapOperatorsLog(RouteGroupBuilder admin)
    {
        admin.MapGet("/audit-log", () => Results.Json(new
        {
            items = new[]
            {
                new
                {
                    id = Guid.CreateVersion7(), sequence = 2, at = TimeProvider.System.GetUtcNow(),
                    actor = new { kind = "operator", id = (Guid?)null, apiKeyId = (Guid?)null, name = "Olga", email = "olga@example.com" },
                    action = "user.suspended", target = new { type = "user", id = Guid.CreateVersion7().ToString() }, before = (object?)null,
                    after = new { reason = "spam in forty links" }, detailsErased = false, network = "203.0.113.0/24", userAgent = "Firefox on Linux",
                    traceId = (string?)null, hash = new string('b', 64),
                },
            },
            nextCursor = (string?)null,
        }));
        admin.MapGet("/audit-log/verify", () => Results.Json(new { valid = true, @checked = 2, firstBroken = (object?)null, head = new { sequence = 2, hash = new string('b', 64) } }));
    }

    private void MapSupportAccess(RouteGroupBuilder access)
    {
        access.MapGet("/", (HttpRequest request) => WithCaller(request, account => Results.Json(new
        {
            allowedUntil = account.ViewAllowedUntil, views = account.Views.Select(view => new { startedAt = view.From, endedAt = view.To }),
        })));
        access.MapPut("/", (HttpRequest request, JsonObject body) => WithCaller(request, account =>
        {
            account.ViewAllowedUntil = TimeProvider.System.GetUtcNow().AddHours(body["hours"]!.GetValue<int>());
            return Results.Json(new { allowedUntil = account.ViewAllowedUntil, views = Array.Empty<object>() });
        }));
        access.MapDelete("/", (HttpRequest request) => WithCaller(request, account =>
        {
            account.ViewAllowedUntil = null;
            EndViews(account);
            return Results.NoContent();
        }));
    }

    private void MapFlags(RouteGroupBuilder admin)
    {
        admin.MapGet("/flags", () => Results.Json(new JsonObject { ["items"] = Shown(_flags.Values.OrderBy(flag => (string)flag["name"]!)) }));
        admin.MapGet("/flags/{name}", (string name, HttpResponse response) =>
        {
            response.Headers.ETag = "\"v1\"";
            return _flags.TryGetValue(name, out var flag) ? Results.Json(flag) : Problem(404, "not-found");
        });
        admin.MapPut("/flags/{name}", (string name, JsonObject body) =>
        {
            var rules = body["rules"]!.AsArray();
            for (var i = 0; i < rules.Count; i++)
            {
                if (rules[i]!["percentage"]?.GetValue<double>() is < 0 or > 100)
                {
                    return Invalid($"rules[{i}].percentage", "From 0 to 100.");
                }
            }

            var flag = WithDefaults(body, ("subject", "user"), ("variants", new JsonArray()), ("revision", 1));
            flag["name"] = name;
            flag["description"] ??= "";
            flag["updatedAt"] = TimeProvider.System.GetUtcNow();
            flag["rules"] = Shown(
                rules.Select(rule => rule!.AsObject()), rule => WithDefaults(rule, ("users", null), ("workspaces", null), ("plans", null), ("percentage", null)));
            _flags[name] = flag;
            return Results.Json(flag);
        });
        admin.MapDelete("/flags/{name}", (string name) => _flags.TryRemove(name, out _) ? Results.NoContent() : Problem(404, "not-found"));
        admin.MapGet("/flags/{name}/exposures", (string name) => Results.Json(new
        {
            flag = name, action = "link.created", from = "2026-10-23", to = "2026-11-22",
            variants = new[]
            {
                new { name = "long", people = 412, exposures = 1_630, converted = 131, conversions = 402, rate = 0.318 },
                new { name = "short", people = 398, exposures = 1_544, converted = 166, conversions = 515, rate = 0.4171 },
            },
        }));
    }

    private void MapAnnouncements(RouteGroupBuilder admin)
    {
        _app.MapGet("/api/v1/announcements", (HttpRequest request) =>
        {
            lock (_announcements)
            {
                var dismissed = Caller(request)?.Dismissed ?? [];
                return Results.Json(new
                {
                    items = _announcements.Where(each => !dismissed.Contains(each["id"]!.GetValue<Guid>())).Select(each => new
                    {
                        id = each["id"], text = each["texts"]!["en"], language = "en", level = each["level"], startsAt = each["startsAt"], endsAt = each["endsAt"], dismissible = each["dismissible"],
                    }).ToArray(),
                    total = _announcements.Count,
                });
            }
        });
        _app.MapPost("/api/v1/announcements/{id:guid}/dismiss", (HttpRequest request, Guid id) => WithCaller(request, account =>
        {
            account.Dismissed.Add(id);
            return Results.NoContent();
        }));
        admin.MapGet("/announcements", () =>
        {
            lock (_announcements)
            {
                return Items([.. _announcements]);
            }
        });
        admin.MapPost("/announcements", (JsonObject body) => body["texts"]!["en"] is null
            ? Invalid("texts.en", "The English text is required. Users whose language is missing see it.")
            : Results.Json(Announce(body["texts"]!["en"]!.ToString(), body["level"]!.ToString()), statusCode: 201));
        admin.MapDelete("/announcements/{id:guid}", (Guid id) =>
        {
            lock (_announcements)
            {
                return Removed(_announcements, id);
            }
        });
    }

    private IResult View(Account account, Guid id)
    {
        var token = $"view-{Guid.NewGuid():N}.{ClaimsOf(account)}.signature";
        var ends = TimeProvider.System.GetUtcNow().AddMinutes(30);
        _views[token] = (id, account);
        _accessTokens[token] = (account, TimeProvider.System.GetUtcNow() + account.State.TokenLifetime);
        return Results.Json(new { id, userId = account.Id, workspaceId = CurrentOf(account).Id, accessToken = token, expiresIn = (int)account.State.TokenLifetime.TotalSeconds, expiresAt = ends });
    }

    private IResult OfAccount(Guid id, Func<Account, IResult> then) => _accounts.Values.FirstOrDefault(account => account.Id == id) is { } found ? then(found) : Problem(404, "not-found");

    private IResult OfTeam(Guid id, Func<Team, IResult> then) =>
        _accounts.Values.SelectMany(TeamsOf).FirstOrDefault(team => team.Id == id) is { } found ? then(found) : Problem(404, "not-found");

    private object Details(Account account) => new
    {
        id = account.Id, email = account.Email, emailVerified = account.EmailVerified, name = account.Name, locale = account.Locale, createdAt = TimeProvider.System.GetUtcNow(),
        @operator = account.IsOperator, suspension = account.SuspendedBecause is null ? null : new { reason = account.SuspendedBecause, by = "Olga Perry", at = TimeProvider.System.GetUtcNow() },
        twoFactor = new { authenticator = true, passkeys = 1 }, sessions = 2, apiKeys = account.Keys.Count, lastUsedAt = TimeProvider.System.GetUtcNow(),
        viewAllowedUntil = account.ViewAllowedUntil,
        workspaces = TeamsOf(account).Select(team => new { id = team.Id, name = team.Name, plan = "free", role = "owner", personal = team.PersonalOf == account, suspended = team.SuspendedBecause is not null }),
    };

    private static object Details(Team team) => new
    {
        id = team.Id, name = team.Name, plan = "free", personal = team.PersonalOf is not null, requireTwoFactor = team.RequireTwoFactor, createdAt = TimeProvider.System.GetUtcNow(),
        deletionScheduledAt = team.DeletionScheduledAt, suspension = team.SuspendedBecause is null ? null : new { reason = team.SuspendedBecause, at = TimeProvider.System.GetUtcNow() },
        members = team.Members.Select(member => new { id = member.Account.Id, email = member.Account.Email, name = member.Account.Name, role = member.Role, suspended = false }),
    };
}
