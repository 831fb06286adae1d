namespace LinkShort.Web.Tests.Stand;

/// <summary>An account with some history.</summary>
internal static class Samples
{
    private static readonly Dictionary<string, string> Beyond = new()
    {
        ["press-kit"] = """{ "tags": ["press", "2026", "kit"], "expiresAt": "2026-01-31T18:00:00Z" }""",
        ["m4x9wbe"] = """{ "tags": ["events"], "hasPassword": true, "activeFrom": "2091-03-01T18:00:00Z" }""",
        ["survey"] = """{ "tags": ["research"], "maxClicks": 1200, "usedUp": true }""",
        ["podcast-12"] = """{ "tags": ["podcast", "audio"], "rules": [ { "when": { "device": ["mobile"] }, "url": "https://example.com/m" } ] }""",
        ["autumn"] = """{ "tags": ["catalogue", "autumn"], "notes": "On the cover, page 2 and in every parcel.", "variants": [ { "weight": 3, "name": "Control" }, { "weight": 2, "name": "Video", "url": "https://example.com/v" } ] }""",
    };

    public static void AddTo(FakeApi api, FakeApi.Account account)
    {
        var suffix = Guid.NewGuid().ToString("N")[..4];
        (string Code, string Url, string? Title, long Clicks, double Days)[] links =
        [
            ("q7f3kzt", "https://docs.northwind-press.example/handbook/returns-and-refunds?lang=en", null, 0, 212),
            ("press-kit", "https://www.northwind-press.example/press/2026/kit.zip", "Press kit 2026", 418, 96),
            ("m4x9wbe", "https://maps.example.org/place/Harbour+Hall/@53.5503,9.9937,17z", "Reading at Harbour Hall", 96, 41),
            ("survey", "https://forms.example.net/f/8b1f60a2?utm_source=receipt&utm_campaign=autumn", "Reader survey", 1_207, 18),
            ("podcast-12", "https://podcasts.example.com/show/between-the-lines/episodes/12-the-cartographer", "Podcast, episode 12", 3_388, 5),
            ("c6rhn2p", "https://github.com/northwind-press/typesetting/releases/tag/v2.4.0", null, 27, 1.2),
            ("jobs", "https://careers.northwind-press.example/openings/production-editor-hamburg", "Opening: production editor", 342, 0.4),
            ("autumn", "https://www.northwind-press.example/catalogue/2026/autumn/field-guide?edition=2&format=paperback", "Autumn catalogue", 12_846, 0.02),
        ];
        foreach (var (code, url, title, clicks, days) in links)
        {
            var link = api.AddLink(account, $"{code}-{suffix}", url, title, clicks, TimeSpan.FromDays(days));
            if (Beyond.TryGetValue(code, out var settings))
            {
                link.Keep(System.Text.Json.Nodes.JsonNode.Parse(settings)!.AsObject());
            }
        }

        account.Keys.Add(new System.Text.Json.Nodes.JsonObject
        {
            ["id"] = Guid.CreateVersion7(),
            ["userId"] = account.Id,
            ["name"] = "Newsletter script",
            ["scopes"] = new System.Text.Json.Nodes.JsonArray("links:read", "links:write"),
            ["createdAt"] = TimeProvider.System.GetUtcNow().AddDays(-12),
            ["expiresAt"] = TimeProvider.System.GetUtcNow().AddDays(78),
            ["lastUsedAt"] = TimeProvider.System.GetUtcNow().AddHours(-3),
            ["prefix"] = "ls_live_9f2c",
        });
    }

    /// <summary>A week of audit entries.</summary>
    public static void AuditTo(FakeApi api, FakeApi.Account account)
    {
        api.Audit(account, "session.started", "session", null, new() { ["methods"] = new System.Text.Json.Nodes.JsonArray("pwd", "otp"), ["browser"] = "Firefox", ["os"] = "Linux" });
        api.Audit(account, "link.changed", "link", new() { ["url"] = "https://www.northwind-press.example/catalogue/2026/summer/field-guide?edition=1", ["title"] = "Summer" }, new() { ["url"] = "https://www.northwind-press.example/catalogue/2026/autumn/field-guide?edition=2&format=paperback", ["title"] = null });
        api.Audit(account, "member.roleChanged", "member", new() { ["role"] = "member" }, new() { ["role"] = "viewer" });
        api.Audit(account, "apiKey.created", "apiKey", null, new() { ["name"] = "Newsletter script", ["prefix"] = "ls_live_9f2c", ["scopes"] = new System.Text.Json.Nodes.JsonArray("links:read", "links:write"), ["expiresAt"] = "2027-02-20T07:00:00Z" });
        api.Audit(account, "workspace.twoFactorRequirementChanged", "workspace", new() { ["requireTwoFactor"] = false }, new() { ["requireTwoFactor"] = true });
        api.Audit(account, "audit.retentionApplied", "workspace", null, new() { ["through"] = 12 }, kind: "system");
    }
}
