using System.Net;

namespace LinkShort.Links.Tests;

/// <summary>Every type of invalid input in the behaviour fields is reported at its exact field, on POST and on PATCH.</summary>
public sealed class BadBehaviorTests(BadInputService service) : IClassFixture<BadInputService>
{
    private const string Url = "\"https://example.com/\"";

    /// <summary>The expected field, and the member's JSON.</summary>
    private static readonly (string Field, string Member)[] Bad =
    [
        .. BadUrls("expiredUrl", value => $"\"expiredUrl\":{value}"),
        .. BadUrls("preview.image", value => $$"""
            "preview":{"image":{{value}}}
            """),
        .. BadUrls("variants[1].url", value => $$"""
            "variants":[{"weight":1},{"weight":1,"url":{{value}}}]
            """),
        .. BadUrls("rules[0].url", value => $$"""
            "rules":[{"when":{"country":["DE"]},"url":{{value}}}]
            """),
        .. BadUrls("deepLinks.ios", value => $$"""
            "deepLinks":{"ios":{{value}}}
            """),

        ("maxClicks", "\"maxClicks\":0"),
        ("maxClicks", "\"maxClicks\":-1"),
        ("maxClicks", "\"maxClicks\":1000000001"),
        ("maxClicks", "\"maxClicks\":99999999999999999999"),
        ("maxClicks", "\"maxClicks\":1.5"),
        ("maxClicks", "\"maxClicks\":\"5\""),
        ("password", "\"password\":\"\""),
        ("password", "\"password\":1"),
        ("password", "\"password\":\"a\\u0000\""),
        ("password", "\"password\":\"\\ud83d\""),
        ("password", $"\"password\":\"{new string('p', 129)}\""),
        ("forwardQuery", "\"forwardQuery\":\"Visitor\""),
        ("forwardQuery", "\"forwardQuery\":\"both\""),
        ("forwardQuery", "\"forwardQuery\":1"),
        ("forwardQuery", "\"forwardQuery\":{}"),
        ("forwardQuery", "\"forwardQuery\":[true]"),
        ("utm", "\"utm\":\"x\""),
        ("utm.source", "\"utm\":{\"source\":1}"),
        ("utm.source", "\"utm\":{\"source\":\"a\\nb\"}"),
        ("utm.medium", "\"utm\":{\"medium\":\"\\u0000\"}"),
        ("utm.campaign", $"\"utm\":{{\"campaign\":\"{new string('c', 256)}\"}}"),
        ("utm.id", "\"utm\":{\"id\":\"x\"}"),
        ("cacheSeconds", "\"cacheSeconds\":-1"),
        ("cacheSeconds", "\"cacheSeconds\":86401"),
        ("cacheSeconds", "\"cacheSeconds\":\"60\""),
        ("allowIndexing", "\"allowIndexing\":\"true\""),
        ("allowIndexing", "\"allowIndexing\":1"),
        ("preview", "\"preview\":[]"),
        ("preview.title", $"\"preview\":{{\"title\":\"{new string('t', 256)}\"}}"),
        ("preview.title", "\"preview\":{\"title\":\"a\\u0007\"}"),
        ("preview.description", $"\"preview\":{{\"description\":\"{new string('d', 501)}\"}}"),
        ("preview.video", "\"preview\":{\"video\":\"x\"}"),

        ("deepLinks.android", "\"deepLinks\":{\"android\":\"\"}"),
        ("deepLinks.android", "\"deepLinks\":{\"android\":\"myapp\"}"),
        ("deepLinks.android", "\"deepLinks\":{\"android\":\"myapp://\"}"),
        ("deepLinks.android", "\"deepLinks\":{\"android\":\"myapp://a b\"}"),
        ("deepLinks.android", "\"deepLinks\":{\"android\":\"myapp://a\\r\\nX: y\"}"),
        ("deepLinks.android", "\"deepLinks\":{\"android\":\"myapp://ü\"}"),
        ("deepLinks.android", "\"deepLinks\":{\"android\":\" javascript://x\"}"),
        .. new[]
        {
            "javascript:alert(1)", "JavaScript://x%0aalert(1)", "data:text/html,x", "data://text/html,x", "vbscript:x", "vbscript://x", "file:///etc/passwd",
            "FILE://x", "blob:https://example.com/1", "blob://x", "about:blank", "about://blank", "intent://x#Intent;scheme=http;end", "intent:#Intent;end",
            "tel:+491", "sms://1", "mailto:a@example.com", "http://example.com/", "ftp://example.com/", "view-source://x", "content://media/1", "filesystem:http://x/",
            "android-app://com.example/", "chrome://settings", "ws://example.com/", "//example.com/", "1app://x", "my app://x", "myapp://<x>",
        }.Select(value => ("deepLinks.android", $"\"deepLinks\":{{\"android\":\"{value}\"}}")),
        ("deepLinks.web", "\"deepLinks\":{\"web\":\"https://example.com/\"}"),

        ("variants", "\"variants\":{}"),
        ("variants", $"\"variants\":[{string.Join(',', Enumerable.Repeat("{\"weight\":1}", 11))}]"),
        ("variants[0]", "\"variants\":[null]"),
        ("variants[0]", "\"variants\":[1]"),
        ("variants[0].weight", "\"variants\":[{}]"),
        ("variants[1].weight", "\"variants\":[{\"weight\":1},{\"weight\":0}]"),
        ("variants[0].weight", "\"variants\":[{\"weight\":1001}]"),
        ("variants[0].weight", "\"variants\":[{\"weight\":0.5}]"),
        ("variants[0].weight", "\"variants\":[{\"weight\":null}]"),
        ("variants[1].name", "\"variants\":[{\"weight\":1,\"name\":\"x\"},{\"weight\":1,\"name\":\"X \"}]"),
        ("variants[0].name", $"\"variants\":[{{\"weight\":1,\"name\":\"{new string('n', 51)}\"}}]"),
        ("variants[0].name", "\"variants\":[{\"weight\":1,\"name\":\"a\\u0001\"}]"),
        ("variants[0].share", "\"variants\":[{\"share\":1}]"),

        ("rules", "\"rules\":{}"),
        ("rules", "\"rules\":\"x\""),
        ("rules", $"\"rules\":[{string.Join(',', Enumerable.Repeat("{\"when\":{\"country\":[\"DE\"]},\"url\":\"https://example.com/\"}", 51))}]"),
        // 34 rules of three conditions exceed the limit.
        ("rules", $"\"rules\":[{string.Join(',', Enumerable.Repeat("{\"when\":{\"any\":[{\"country\":[\"DE\"]},{\"os\":[\"iOS\"]},{\"city\":[\"Bonn\"]}]},\"url\":\"https://example.com/\"}", 34))}]"),
        ("rules[0]", "\"rules\":[null]"),
        ("rules[0]", "\"rules\":[[]]"),
        ("rules[0].when", "\"rules\":[{\"url\":\"https://example.com/\"}]"),
        ("rules[0].when", "\"rules\":[{\"when\":null,\"url\":\"https://example.com/\"}]"),
        ("rules[0].url", "\"rules\":[{\"when\":{\"country\":[\"DE\"]}}]"),
        ("rules[0].then", "\"rules\":[{\"when\":{\"country\":[\"DE\"]},\"then\":\"x\"}]"),
        .. BadConditions("rules[0].when", condition => $$"""
            "rules":[{"when":{{condition}},"url":{{Url}} }]
            """),
        .. BadConditions("rules[2].when.all[0]", condition => $$"""
            "rules":[{"when":{"country":["DE"]},"url":{{Url}} },{"when":{"country":["DE"]},"url":{{Url}} },{"when":{"all":[{{condition}},{"os":["iOS"]}]},"url":{{Url}} }]
            """),
        .. BadConditions("rules[0].when.not.any[1].not", condition => $$"""
            "rules":[{"when":{"not":{"any":[{"os":["iOS"]},{"not":{{condition}} }]} },"url":{{Url}} }]
            """),
        ("rules[0].when.not.not.not.not.not", $$"""
            "rules":[{"when":{"not":{"not":{"not":{"not":{"not":{"os":["iOS"]} } } } } },"url":{{Url}} }]
            """),
        ("rules[0].when.all[0].any[1].all[0].any[0].not", $$"""
            "rules":[{"when":{"all":[{"any":[{"os":["iOS"]},{"all":[{"any":[{"not":{"os":["iOS"]} }]}]}]}]},"url":{{Url}} }]
            """),
    ];

    private static IEnumerable<(string, string)> BadUrls(string field, Func<string, string> member)
    {
        foreach (var url in new[]
        {
            "\"\"", "1", "{}", "\"example.com\"", "\"javascript:alert(1)\"", "\"https://user:pw@example.com/\"", "\"https://127.0.0.1/\"", "\"https://0x7f.1/\"",
            "\"https://[::ffff:10.0.0.1]/\"", "\"https://localhost/\"", "\"https://localhost:8080/untouched\"", "\"https://169.254.169.254/latest/meta-data\"",
            "\"https://printer.local/\"", "\"https://example.com/\\u0000\"", "\"https://example.com/\\r\\nX-Injected: 1\"", "\"https://example.com/\\ud83d\"",
            $"\"https://example.com/{new string('a', 2048)}\"",
        })
        {
            yield return (field, member(url));
        }
    }

    private static IEnumerable<(string, string)> BadConditions(string at, Func<string, string> member) => new[]
    {
        ("", "{}"),
        ("", "{\"country\":null}"),
        ("", "{\"country\":[\"DE\"],\"os\":[\"iOS\"]}"),
        ("", "{\"country\":[\"DE\"],\"not\":{\"os\":[\"iOS\"]}}"),
        ("", "[]"),
        ("", "\"DE\""),
        (".weather", "{\"weather\":[\"rain\"]}"),
        (".all", "{\"all\":[]}"),
        (".all", "{\"all\":{}}"),
        (".any", "{\"any\":[]}"),
        (".any", $"{{\"any\":[{string.Join(',', Enumerable.Repeat("{\"os\":[\"iOS\"]}", 51))}]}}"),
        (".any[0]", "{\"any\":[null]}"),
        (".all[1]", "{\"all\":[{\"os\":[\"iOS\"]},{}]}"),
        (".not", "{\"not\":{}}"),
        (".not", "{\"not\":[]}"),
        (".country", "{\"country\":\"DE\"}"),
        (".country", "{\"country\":[]}"),
        (".country", $"{{\"country\":[{string.Join(',', Enumerable.Repeat("\"DE\"", 51))}]}}"),
        (".country[1]", "{\"country\":[\"DE\",null]}"),
        (".country[1]", "{\"country\":[\"DE\",49]}"),
        (".country[1]", "{\"country\":[\"DE\",\"UK\"]}"),
        (".country[0]", "{\"country\":[\"DEU\"]}"),
        (".country[0]", "{\"country\":[\"\"]}"),
        (".country[0]", "{\"country\":[\"Germany\"]}"),
        (".continent[0]", "{\"continent\":[\"Europe\"]}"),
        (".continent[1]", "{\"continent\":[\"EU\",\"XX\"]}"),
        (".region[0]", "{\"region\":[\" \"]}"),
        (".region[0]", $"{{\"region\":[\"{new string('r', 101)}\"]}}"),
        (".city[0]", "{\"city\":[\"a\\tb\"]}"),
        (".city[0]", "{\"city\":[\"\\ud83d\"]}"),
        (".city[0]", "{\"city\":[\"\\ufffe\"]}"),
        (".referrer[0]", "{\"referrer\":[\"a.\\ufffe\"]}"),
        (".city[0]", $"{{\"city\":[\"{new string('c', 5000)}\"]}}"),
        (".device[0]", "{\"device\":[\"phone\"]}"),
        (".os[0]", "{\"os\":[\"\"]}"),
        (".browser[0]", $"{{\"browser\":[\"{new string('b', 51)}\"]}}"),
        (".language[0]", "{\"language\":[\"german\"]}"),
        (".language[0]", "{\"language\":[\"de_AT\"]}"),
        (".language[0]", "{\"language\":[\"d\"]}"),
        (".language[0]", "{\"language\":[\"de-\"]}"),
        (".language[0]", "{\"language\":[\"x-private\"]}"),
        (".language[0]", "{\"language\":[\"*\"]}"),
        (".referrer[0]", "{\"referrer\":[\"https://example.com/\"]}"),
        (".referrer[0]", "{\"referrer\":[\"example.com/path\"]}"),
        (".referrer[0]", "{\"referrer\":[\"example.com:443\"]}"),
        (".referrer[0]", "{\"referrer\":[\"nowhere\"]}"),
        (".referrer[0]", "{\"referrer\":[\"a..b\"]}"),
        (".referrer[0]", "{\"referrer\":[\"\"]}"),
        (".time", "{\"time\":{}}"),
        (".time", "{\"time\":{\"timeZone\":\"Europe/Berlin\"}}"),
        (".time", "{\"time\":\"09:00\"}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"Europe/Atlantis\"}}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"W. Europe Standard Time\"}}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"../../../etc/passwd\"}}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"/etc/localtime\"}}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"leapseconds\"}}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"Europe\"}}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"+02:00\"}}"),
        (".time.timeZone", "{\"time\":{\"from\":\"09:00\",\"timeZone\":\"\"}}"),
        (".time.from", "{\"time\":{\"from\":\"9:00\"}}"),
        (".time.from", "{\"time\":{\"from\":\"09:00:00\"}}"),
        (".time.from", "{\"time\":{\"from\":\"09:60\"}}"),
        (".time.from", "{\"time\":{\"from\":\"٠٩:٠٠\"}}"),
        (".time.from", "{\"time\":{\"from\":9}}"),
        (".time.to", "{\"time\":{\"to\":\"24:00\"}}"),
        (".time.to", "{\"time\":{\"to\":\"17:00\\n\"}}"),
        (".time.to", "{\"time\":{\"from\":\"09:00\",\"to\":\"09:00\"}}"),
        (".time.to", "{\"time\":{\"from\":\"00:00\"}}"),
        (".time.days", "{\"time\":{\"days\":[]}}"),
        (".time.days[1]", "{\"time\":{\"days\":[\"mon\",\"monday\"]}}"),
        (".time.until", "{\"time\":{\"until\":\"09:00\"}}"),
        (".query", "{\"query\":\"ref\"}"),
        (".query.name", "{\"query\":{}}"),
        (".query.name", "{\"query\":{\"name\":\"\"}}"),
        (".query.name", "{\"query\":{\"name\":null}}"),
        (".query.name", "{\"query\":{\"name\":\"a\\nb\"}}"),
        (".query.name", $"{{\"query\":{{\"name\":\"{new string('n', 101)}\"}}}}"),
        (".query.values", "{\"query\":{\"name\":\"ref\",\"values\":[]}}"),
        (".query.values[0]", "{\"query\":{\"name\":\"ref\",\"values\":[null]}}"),
        (".query.values[0]", $"{{\"query\":{{\"name\":\"ref\",\"values\":[\"{new string('v', 256)}\"]}}}}"),
        (".query.value", "{\"query\":{\"name\":\"ref\",\"value\":\"x\"}}"),
    }.Select(bad => (at + bad.Item1, member(bad.Item2)));

    [Fact]
    public async Task Every_type_of_invalid_input_is_reported_at_its_exact_field_and_changes_nothing()
    {
        var before = await service.Links.ContentsAsync();
        var failures = new List<string>();
        foreach (var (field, member) in Bad)
        {
            foreach (var answer in new[]
            {
                await service.Client.SendAsync(HttpMethod.Post, "/api/v1/links", $$"""{"url":{{Url}},{{member}}}"""),
                await service.Client.ChangeAsync(service.LinkId, $$"""{"title":"changed",{{member}}}"""),
            })
            {
                var errors = answer.Status == HttpStatusCode.BadRequest ? answer.Json["errors"]?.AsObject() : null;
                if (errors is null || errors.Count != 1 || !errors.ContainsKey(field) || ((string)errors[field]![0]!).Length < 5)
                {
                    failures.Add($"{field} of {member[..Math.Min(member.Length, 200)]} → {answer}");
                }
            }
        }

        failures.ShouldBeEmpty();
        (await service.Links.ContentsAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task All_errors_are_reported_together()
    {
        var answer = await service.Client.SendAsync(HttpMethod.Post, "/api/v1/links", """
            {"url":"x","code":"a b","maxClicks":0,"password":"","cacheSeconds":-1,"expiredUrl":"y","utm":{"source":"a\u0001"},
             "rules":[{"when":{"country":["DE","UK","XX"]},"url":"z"},{"when":{"all":[{"device":["phone"]},{}]},"url":"https://example.com/"}],
             "variants":[{"weight":0,"url":"v"}],"preview":{"image":"i"},"deepLinks":{"ios":"javascript:x","android":"y"}}
            """);
        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["errors"]!.AsObject().Select(error => error.Key).ShouldBe(
        [
            "url", "code", "maxClicks", "password", "cacheSeconds", "expiredUrl", "utm.source", "rules[0].when.country[1]", "rules[0].when.country[2]", "rules[0].url",
            "rules[1].when.all[0].device[0]", "rules[1].when.all[1]", "variants[0].weight", "variants[0].url", "preview.image", "deepLinks.ios", "deepLinks.android",
        ], ignoreOrder: true);
    }

    [Fact]
    public async Task Conditions_nested_too_deeply_are_refused()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"not\":", 100)) + "{\"os\":[\"iOS\"]}" + new string('}', 100);
        var answer = await service.Client.SendAsync(HttpMethod.Post, "/api/v1/links", $$"""{"url":{{Url}},"rules":[{"when":{{deep}},"url":{{Url}}}]}""");
        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Json["errors"]!.AsObject().Single().Key.ShouldStartWith("rules[0].when.not.not");
    }
}
