using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.Web.Tests.Stand;

/// <summary>Audit log, consents, export and deletion.</summary>
internal sealed partial class FakeApi
{
    internal sealed partial class Account
    {
        /// <summary>Newest first.</summary>
        public List<JsonObject> Audited { get; } = [];

        /// <summary>The result of verifying the log; null if it is intact.</summary>
        public (long Sequence, string Why)? AuditBreak { get; set; }

        public List<JsonObject> Decisions { get; } = [];

        public (Guid Id, string State)? Export { get; set; }

        public (string Receipt, DateTimeOffset DueAt)? Deletion { get; set; }
    }

    public void Audit(Account account, string action, string type, JsonObject? before = null, JsonObject? after = null, string kind = "user", string? target = null)
    {
        account.Audited.Insert(0, new JsonObject
        {
            ["id"] = Guid.CreateVersion7(),
            ["sequence"] = account.Audited.Count + 1,
            ["at"] = TimeProvider.System.GetUtcNow().AddMinutes(-3),
            ["actor"] = new JsonObject { ["kind"] = kind, ["id"] = account.Id, ["apiKeyId"] = null, ["name"] = account.Name, ["email"] = account.Email },
            ["action"] = action,
            ["target"] = target is null
                ? new JsonObject { ["type"] = type, ["id"] = Guid.CreateVersion7().ToString() }
                : new JsonObject { ["type"] = type, ["id"] = Guid.CreateVersion7().ToString(), ["name"] = target },
            ["before"] = before,
            ["after"] = after,
            ["detailsErased"] = false,
            ["network"] = "203.0.113.0/24",
            ["userAgent"] = "Firefox on Linux",
            ["traceId"] = "0123456789abcdef0123456789abcdef",
            ["hash"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(action + account.Audited.Count))),
        });
    }

    private static IEnumerable<JsonObject> Filtered(Account account, HttpRequest request)
    {
        var (actor, action, from, to) = (request.Query["actor"].ToString(), request.Query["action"].ToString(), request.Query["from"].ToString(), request.Query["to"].ToString());
        return account.Audited.Where(entry =>
            (actor.Length == 0 || entry["actor"]!["id"]!.GetValue<Guid>().ToString() == actor || entry["actor"]!["kind"]!.ToString() == actor)
            && (action.Length == 0 || (action.EndsWith(".*", StringComparison.Ordinal)
                ? entry["action"]!.ToString().StartsWith(action[..^1], StringComparison.Ordinal)
                : entry["action"]!.ToString() == action))
            && (from.Length == 0 || entry["at"]!.GetValue<DateTimeOffset>() >= DateTimeOffset.Parse(from, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal))
            && (to.Length == 0 || entry["at"]!.GetValue<DateTimeOffset>() < DateTimeOffset.Parse(to, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)));
    }

    private void MapAuditLog()
    {
        var log = _app.MapGroup("/api/v1/audit-log");
        log.MapGet("/", (HttpRequest request, int limit) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (request.Query["action"].ToString().Contains(' ', StringComparison.Ordinal))
            {
                return Invalid("action", "From 1 to 200 printable characters.");
            }

            var before = long.TryParse(request.Query["cursor"], CultureInfo.InvariantCulture, out var sequence) ? sequence : long.MaxValue;
            var rows = Filtered(account, request).Where(entry => entry["sequence"]!.GetValue<int>() < before).Take(limit + 1).ToArray();
            return Results.Json(new
            {
                items = rows.Take(limit),
                nextCursor = rows.Length > limit ? rows[limit - 1]["sequence"]!.ToString() : null,
            });
        });
        log.MapGet("/verify", (HttpRequest request) => Caller(request) is { } account
            ? Results.Json(new
            {
                valid = account.AuditBreak is null,
                @checked = account.Audited.Count,
                firstBroken = account.AuditBreak is var (sequence, why) ? new { sequence, why } : null,
                head = new { sequence = account.Audited.Count, hash = new string('a', 64) },
            })
            : Problem(401, "unauthorized"));
        log.MapGet("/export", (HttpRequest request, string format) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            var entries = Filtered(account, request).ToArray();
            return Results.File(
                Encoding.UTF8.GetBytes(format == "csv" ? "Sequence,Action\n" + string.Concat(entries.Select(entry => $"{entry["sequence"]},{entry["action"]}\n")) : new JsonArray([.. entries.Select(entry => entry.DeepClone())]).ToJsonString()),
                format == "csv" ? "text/csv; charset=utf-8" : "application/json",
                $"audit-log-20261122-070000.{format}");
        });
    }

    private static readonly (string Purpose, bool Required, string Text)[] Consents =
    [
        ("terms", true, "I have read the terms of use and keep to them."),
        ("privacy", true, "I have read the privacy notice."),
        ("product-mail", false, "LinkShort may write to me about new features."),
        ("analytics-of-product", false, "LinkShort may count which of its features I use."),
    ];

    private static IResult ConsentsOf(Account account) => Results.Json(new
    {
        consents = Consents.Select(consent =>
        {
            var last = account.Decisions.FirstOrDefault(decision => decision["purpose"]!.ToString() == consent.Purpose);
            return new
            {
                purpose = consent.Purpose,
                required = consent.Required,
                currentVersion = "2026-11-22",
                text = account.Locale == "ar" ? "أوافق على ذلك." : consent.Text,
                language = account.Locale == "ar" ? "ar" : "en",
                granted = last?["granted"]!.GetValue<bool>() ?? false,
                version = last?["version"]!.ToString(),
                decidedAt = last?["decidedAt"]!.GetValue<DateTimeOffset>(),
                upToDate = last?["version"]!.ToString() == "2026-11-22",
            };
        }),
        history = account.Decisions,
    });

    private void MapPrivacy()
    {
        var me = _app.MapGroup("/api/v1/me");
        me.MapGet("/consents", (HttpRequest request) => Caller(request) is { } account ? ConsentsOf(account) : Problem(401, "unauthorized"));
        me.MapPut("/consents", (HttpRequest request, JsonObject body) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            var choices = body["consents"]!.AsArray();
            for (var i = 0; i < choices.Count; i++)
            {
                if (choices[i]!["version"]!.ToString() != "2026-11-22")
                {
                    return Invalid($"consents[{i}].version", "The current text is 2026-11-22: Show that one and ask again.");
                }
            }

            foreach (var choice in choices)
            {
                var last = account.Decisions.FirstOrDefault(decision => decision["purpose"]!.ToString() == choice!["purpose"]!.ToString());
                if (last is null || last["granted"]!.GetValue<bool>() != choice!["granted"]!.GetValue<bool>())
                {
                    var decision = (JsonObject)choice!.DeepClone();
                    decision["decidedAt"] = TimeProvider.System.GetUtcNow();
                    decision["network"] = "203.0.113.0/24";
                    decision["device"] = "Firefox on Linux";
                    account.Decisions.Insert(0, decision);
                }
            }

            return ConsentsOf(account);
        });
        MapExport(me);
        MapDeletion(me);
    }

    private void MapExport(RouteGroupBuilder me)
    {
        me.MapPost("/export", (HttpRequest request) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (account.Export is { State: "collecting" })
            {
                return Problem(409, "conflict", "\"detail\":\"Your data is already being collected.\"");
            }

            account.Export = (Guid.CreateVersion7(), "collecting");
            return Results.Json(Export(account), statusCode: 202);
        });
        me.MapGet("/export", (HttpRequest request) => Caller(request) is { } account
            ? Results.Json(account.Export is null ? [] : new[] { Export(account) })
            : Problem(401, "unauthorized"));
        me.MapGet("/export/{id:guid}", (HttpRequest request, Guid id) =>
            Caller(request) is not { } account ? Problem(401, "unauthorized")
            : account.Export is not { State: "ready" } export || export.Id != id ? Problem(404, "not-found")
            : Results.File("PK-not-really"u8.ToArray(), "application/zip", "linkshort-2026-11-22.zip"));

        static object Export(Account account) => new
        {
            id = account.Export!.Value.Id,
            state = account.Export.Value.State,
            requestedAt = TimeProvider.System.GetUtcNow(),
            readyAt = (DateTimeOffset?)null,
            expiresAt = TimeProvider.System.GetUtcNow().AddDays(7),
            bytes = account.Export.Value.State == "ready" ? 48_300 : (long?)null,
        };
    }

    private void MapDeletion(RouteGroupBuilder me)
    {
        me.MapGet("/erasure", (HttpRequest request) => Caller(request) is { } account
            ? Results.Json(new { dueAt = account.Deletion?.DueAt, graceSeconds = 7 * 24 * 3600 })
            : Problem(401, "unauthorized"));
        me.MapDelete("/", (HttpRequest request) =>
        {
            if (Caller(request) is not { } account)
            {
                return Problem(401, "unauthorized");
            }

            if (!account.State.IsRecent)
            {
                return Problem(403, "recent-sign-in-required");
            }

            account.Deletion = (Invitation.NewToken(), TimeProvider.System.GetUtcNow().AddDays(7));
            return Results.Json(new { id = account.Deletion.Value.Receipt, dueAt = account.Deletion.Value.DueAt }, statusCode: 202);
        });
        me.MapPost("/restore", (HttpRequest request) =>
        {
            if (Caller(request) is not { Deletion: not null } account)
            {
                return Problem(404, "not-found");
            }

            account.Deletion = null;
            return Results.NoContent();
        });
        me.MapGet("/erasure/{id}", (string id) => _accounts.Values.FirstOrDefault(account => account.Deletion?.Receipt == id) is { } account
            ? Results.Json(new
            {
                state = "scheduled",
                requestedAt = TimeProvider.System.GetUtcNow(),
                dueAt = account.Deletion!.Value.DueAt,
                erasedAt = (DateTimeOffset?)null,
                completedAt = (DateTimeOffset?)null,
                services = new[] { new { service = "links", completedAt = TimeProvider.System.GetUtcNow(), counts = new[] { new { store = "links", rows = 12 } } } },
            })
            : Problem(404, "not-found"));
    }
}
