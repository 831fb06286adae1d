using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting.Testing;
using LinkShort.Testing;
using Npgsql;
using StackExchange.Redis;

namespace LinkShort.SystemTests;

/// <summary>
/// No address is stored in readable form. Visitors from unique addresses do everything that leaves traces, then all stored data is searched for
/// them: as text, as bytes, and in the notations that programs use.
/// </summary>
[Collection(nameof(TakenApart))]
public sealed partial class PrivacyTests(WholeSystem system, ITestOutputHelper output)
{
    /// <summary>In the notations of proxies. None occurs anywhere else.</summary>
    private static readonly string[] Planted =
    [
        "203.0.113.219",
        "198.51.100.237, 127.0.0.1",
        "::ffff:198.51.100.238",
        "2001:db8:fade:cafe:1234:5678:9abc:def1",
        "2001:0DB8:FADE:CAFE:0000:0000:9ABC:DEF2",
        "2001:db8:fade:cafe::def3, ::1",
        "unknown, 203.0.113.221",
        // Not an address alone: followed by a port.
        "198.51.100.239:4711",
    ];

    private static readonly IPAddress[] Addresses =
    [
        IPAddress.Parse("203.0.113.219"), IPAddress.Parse("198.51.100.237"), IPAddress.Parse("198.51.100.238"), IPAddress.Parse("203.0.113.221"),
        IPAddress.Parse("198.51.100.239"), IPAddress.Parse("2001:db8:fade:cafe:1234:5678:9abc:def1"), IPAddress.Parse("2001:db8:fade:cafe::9abc:def2"),
        IPAddress.Parse("2001:db8:fade:cafe::def3"),
    ];

    private static readonly IReadOnlyList<(string Name, byte[] Bytes)> Readable = ReadableForms();
    private static readonly IReadOnlyList<(string Name, byte[] Bytes)> Raw = [.. Readable, .. RawForms()];

    /// <summary>Sent with every click and found with the clicks, which proves that the search finds them.</summary>
    private readonly string _marker = $"seen-{Guid.NewGuid():N}.example";
    [Fact]
    public async Task No_address_of_a_visitor_is_stored_in_readable_form()
    {
        using var user = await system.NewUserAsync();
        var plain = await user.CreateLinkAsync("https://example.com/plain");
        var ruled = await CreateAsync(user, new { url = "https://example.com/ruled", rules = new[] { new { when = new { country = new[] { "DE" } }, url = "https://example.com/de" } } });
        var limited = await CreateAsync(user, new { url = "https://example.com/limited", maxClicks = 2 });
        var locked = await CreateAsync(user, new { url = "https://example.com/locked", password = "open-sesame-please" });
        foreach (var redirect in system.Redirects)
        {
            await Eventually.PassesAsync(async () =>
            {
                using var answer = await LinkShortClient.FollowAsync(redirect, plain.Code);
                answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
            });
        }

        var findings = new List<string>();
        try
        {
            // In the spool, while it is not published.
            await system.StopAsync("messaging");
            await VisitAsync([plain, ruled, limited, locked]);
            var spool = Path.Combine(system.DataDirectory, "spool");
            var isSeen = false;
            foreach (var file in FilesOf(spool))
            {
                var bytes = await ReadAsync(file);
                isSeen |= Has(bytes, _marker);
                findings.AddRange(Search(bytes, Raw, $"spool {Path.GetFileName(file)}"));
            }

            isSeen.ShouldBeTrue("the clicks are not in the spool: nothing was searched");

            // In the broker, without consumers.
            await system.StopAsync("analytics");
            await system.StartAsync("messaging");
            findings.AddRange(await SearchQueuesAsync());
            await FailAsync(user);
        }
        finally
        {
            // In any case, because later tests need the services.
            await system.StartAsync("messaging");
            await system.StartAsync("analytics");
        }

        // In databases and caches, after everything has arrived.
        await system.BackAsync();
        await Eventually.BecomesAsync(() => user.ClicksAsync(plain.Id), clicks => clicks >= Planted.Length, TimeSpan.FromSeconds(60));
        findings.AddRange(await SearchTablesAsync());
        findings.AddRange(await SearchRedisAsync());
        findings.AddRange(await SearchFilesAsync());

        findings.ShouldBeEmpty(string.Join('\n', findings.Distinct().Take(30)));
    }

    /// <summary>Everything that visitors do: follow links, guess codes and passwords, and send invalid requests.</summary>
    private async Task VisitAsync(IReadOnlyList<Link> links)
    {
        foreach (var address in Planted)
        {
            foreach (var host in new[] { system.Gateway, system.Redirects[0], system.Redirects[1] })
            {
                using var http = ClientFrom(address, host);
                foreach (var link in links)
                {
                    await GetAsync(http, "/" + link.Code);
                    await GetAsync(http, "/" + link.Code + "+");
                }

                for (var attempt = 0; attempt < 6; attempt++)
                {
                    using var guess = await http.PostAsync("/" + links[^1].Code, new FormUrlEncodedContent([new("password", $"wrong{attempt}")]));
                }

                foreach (var odd in new[] { "/%ff", "/%e2%82", "/" + new string('x', 3_000), "/.well-known/assetlinks.json", "/robots.txt", "/a%00b" })
                {
                    await GetAsync(http, odd);
                }
            }

            // Beyond the limit on unknown codes of one of them.
            using var guesser = ClientFrom(address, system.Redirects[0]);
            var last = HttpStatusCode.NotFound;
            for (var i = 0; i < 70 && last != HttpStatusCode.TooManyRequests; i++)
            {
                last = await GetAsync(guesser, $"/{Guid.NewGuid():N}"[..9]);
            }
        }
    }

    /// <summary>Failed requests at the gateway with and without an account, while a service is down.</summary>
    private async Task FailAsync(LinkShortClient user)
    {
        foreach (var address in Planted)
        {
            using var http = ClientFrom(address, system.Gateway);
            using var registered = await http.PostAsJsonAsync("/api/v1/auth/register", new { email = $"{Guid.NewGuid():N}@example.com", password = LinkShortClient.Password });
            for (var attempt = 0; attempt < 6; attempt++)
            {
                using var wrong = await http.PostAsJsonAsync("/api/v1/auth/login", new { email = "nobody@example.com", password = "Wrong-Horse-7-Battery" });
            }

            using var login = await http.PostAsJsonAsync("/api/v1/auth/login", new { email = user.Email, password = LinkShortClient.Password });
            http.DefaultRequestHeaders.Authorization = user.Http.DefaultRequestHeaders.Authorization;
            // 400, 404, 503 (analytics is away), 401.
            using var malformed = await http.PostAsync("/api/v1/links", new StringContent("{", Encoding.UTF8, "application/json"));
            await GetAsync(http, $"/api/v1/links/{Guid.NewGuid()}");
            await GetAsync(http, $"/api/v1/links/{Guid.NewGuid()}/analytics");
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "ls_live_nonsense");
            await GetAsync(http, "/api/v1/links");
            await GetAsync(http, "/app/links");
        }
    }

    private async Task<List<string>> SearchQueuesAsync()
    {
        var broker = new Uri((await system.App.GetConnectionStringAsync("messaging"))!);
        using var management = new HttpClient { BaseAddress = system.App.GetEndpoint("messaging", "management") };
        management.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(broker.UserInfo))));
        var findings = new List<string>();
        await Eventually.PassesAsync(
            async () =>
            {
                findings.Clear();
                var isSeen = false;
                // A connection's exclusive queue can't be read by others. Its messages are also in the broker's folder, which is searched.
                foreach (var queue in (await management.GetFromJsonAsync<JsonElement>("api/queues")).EnumerateArray()
                    .Where(queue => !queue.GetProperty("exclusive").GetBoolean())
                    .Select(queue => queue.GetProperty("name").GetString()!))
                {
                    using var answer = await management.PostAsJsonAsync(
                        $"api/queues/%2F/{Uri.EscapeDataString(queue)}/get", new { count = 1_000, ackmode = "ack_requeue_true", encoding = "base64" });
                    answer.IsSuccessStatusCode.ShouldBeTrue($"{queue}: {await answer.Content.ReadAsStringAsync()}");
                    foreach (var message in (await answer.Content.ReadFromJsonAsync<JsonElement>()).EnumerateArray())
                    {
                        var body = message.GetProperty("payload").GetBytesFromBase64();
                        findings.AddRange(Search(Encoding.UTF8.GetBytes(message.GetProperty("properties").ToString()), Readable, $"queue {queue}, properties"));
                        // Packed clicks are base64 within JSON.
                        foreach (var part in Base64().Matches(Encoding.UTF8.GetString(body)).Select(match => Convert.FromBase64String(match.Value)).Prepend(body))
                        {
                            isSeen |= Has(part, _marker);
                            findings.AddRange(Search(part, Raw, $"queue {queue}"));
                        }
                    }
                }

                isSeen.ShouldBeTrue("the clicks are in no queue");
            },
            TimeSpan.FromSeconds(60));
        return findings;
    }

    private async Task<List<string>> SearchTablesAsync()
    {
        var findings = new List<string>();
        var isSeen = false;
        foreach (var database in new[] { "identitydb", "linksdb", "redirectdb", "analyticsdb", "notificationdb", "billingdb" })
        {
            await using var source = NpgsqlDataSource.Create((await system.App.GetConnectionStringAsync(database))!);
            await using var connection = await source.OpenConnectionAsync();
            var tables = new List<string>();
            await using (var names = new NpgsqlCommand(
                "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')", connection))
            await using (var reader = await names.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    tables.Add(reader.GetString(0));
                }
            }

            tables.ShouldNotBeEmpty();
            foreach (var table in tables)
            {
                // Like pg_dump: bytes as hexadecimal digits.
                using var rows = await connection.BeginTextExportAsync($"copy (select * from {table}) to stdout");
                var bytes = Encoding.UTF8.GetBytes(await rows.ReadToEndAsync());
                isSeen |= Has(bytes, _marker);
                findings.AddRange(Search(bytes, Readable, $"{database}, {table}"));
            }
        }

        isSeen.ShouldBeTrue("the clicks are in no table");
        return findings;
    }

    private async Task<List<string>> SearchRedisAsync()
    {
        var findings = new List<string>();
        var options = ConfigurationOptions.Parse((await system.App.GetConnectionStringAsync("cache"))!);
        using var redis = await ConnectionMultiplexer.ConnectAsync(options);
        var server = redis.GetServer(redis.GetEndPoints()[0]);
        var database = redis.GetDatabase();
        var keys = server.Keys(pageSize: 1_000).ToList();
        keys.ShouldNotBeEmpty();
        foreach (var key in keys)
        {
            findings.AddRange(Search((byte[])key!, Raw, $"Redis, key {key}"));
            RedisValue[] values = await database.KeyTypeAsync(key) switch
            {
                RedisType.String => [await database.StringGetAsync(key)],
                RedisType.Hash => [.. (await database.HashGetAllAsync(key)).SelectMany(field => new[] { field.Name, field.Value })],
                RedisType.Set => await database.SetMembersAsync(key),
                RedisType.SortedSet => await database.SortedSetRangeByRankAsync(key),
                RedisType.List => await database.ListRangeAsync(key),
                _ => [],
            };
            findings.AddRange(values.Where(value => !value.IsNull).SelectMany(value => Search((byte[])value!, Raw, $"Redis, {key}")));
        }

        return findings;
    }

    /// <summary>
    /// Everything in the data folder: logs, including the consoles', emails, spools, and the servers' files with their write-ahead logs.
    /// </summary>
    private async Task<List<string>> SearchFilesAsync()
    {
        var findings = new List<string>();
        var files = 0;
        foreach (var file in FilesOf(system.DataDirectory))
        {
            try
            {
                findings.AddRange(Search(await ReadAsync(file), Readable, file));
                files++;
            }
            catch (Exception exception) when (exception is FileNotFoundException or UnauthorizedAccessException)
            {
                // Servers delete files in between.
            }
        }

        files.ShouldBeGreaterThan(100);
        // The output of the consoles is among those files.
        foreach (var resource in WholeSystem.Services.SelectMany(WholeSystem.Replicas).Concat(["postgres", "cache", "messaging"]))
        {
            new FileInfo(Path.Combine(system.DataDirectory, "logs", $"{resource}.log")).Length.ShouldBePositive(resource);
        }

        output.WriteLine($"{files} files");
        return findings;
    }

    private HttpClient ClientFrom(string address, Uri host)
    {
        var http = LinkShortClient.Anonymous(host);
        http.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-For", address);
        http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", LinkShortClient.BrowserUserAgent);
        http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", "en");
        http.DefaultRequestHeaders.TryAddWithoutValidation("Referer", $"https://{_marker}/");
        return http;
    }

    private static async Task<HttpStatusCode> GetAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        return answer.StatusCode;
    }

    private static async Task<Link> CreateAsync(LinkShortClient user, object body)
    {
        using var answer = await user.Http.PostAsJsonAsync("/api/v1/links", body);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<Link>(JsonSerializerOptions.Web))!;
    }

    /// <summary>Except locks, which are empty and can't be opened.</summary>
    private static IEnumerable<string> FilesOf(string folder) => Directory
        .EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
        .Where(file => !file.EndsWith("lock", StringComparison.Ordinal));

    private static async Task<byte[]> ReadAsync(string file)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static bool Has(byte[] bytes, string text) => bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static IEnumerable<string> Search(byte[] bytes, IReadOnlyList<(string Name, byte[] Bytes)> forms, string place)
    {
        foreach (var (name, form) in forms)
        {
            if (bytes.AsSpan().IndexOf(form) is >= 0 and var at)
            {
                var around = Encoding.Latin1.GetString(bytes, Math.Max(0, at - 60), Math.Min(bytes.Length - Math.Max(0, at - 60), 140));
                yield return $"{place}: {name} at {at}: …{Unprintable().Replace(around, "·")}…";
            }
        }
    }

    /// <summary>Notations of addresses: as sent, shortened, in full, as digits of their bytes.</summary>
    private static List<(string Name, byte[] Bytes)> ReadableForms()
    {
        var texts = new HashSet<string>(StringComparer.Ordinal) { "198.51.100.239:4711" };
        foreach (var address in Addresses)
        {
            var bytes = address.GetAddressBytes();
            texts.Add(address.ToString());
            texts.Add(Convert.ToHexStringLower(bytes));
            texts.Add(Convert.ToHexString(bytes));
            texts.Add(Convert.ToBase64String(bytes).TrimEnd('='));
            if (bytes.Length == 4)
            {
                texts.Add(BitConverter.ToUInt32([.. bytes.Reverse()]).ToString(CultureInfo.InvariantCulture));
                texts.Add(string.Join('-', bytes));
            }
            else
            {
                var groups = Enumerable.Range(0, 8).Select(i => $"{bytes[2 * i]:x2}{bytes[(2 * i) + 1]:x2}").ToArray();
                texts.Add(string.Join(':', groups));
                texts.Add(string.Join(':', groups).ToUpperInvariant());
                // The network alone identifies a household.
                texts.Add("db8:fade:cafe");
                texts.Add("DB8:FADE:CAFE");
            }
        }

        // Short ones in base64 occur in other text by chance.
        return [.. texts.Where(text => text.Length >= 8).Select(text => (text, Encoding.ASCII.GetBytes(text)))];
    }

    /// <summary>In binary form. Four bytes occur by chance in large files of random data, so not everything is searched for them.</summary>
    private static IEnumerable<(string Name, byte[] Bytes)> RawForms()
    {
        foreach (var address in Addresses)
        {
            var bytes = address.GetAddressBytes();
            yield return ($"bytes of {address}", bytes.Length == 4 ? bytes : bytes[..8]);
            if (bytes.Length == 4)
            {
                yield return ($"reversed bytes of {address}", [.. bytes.Reverse()]);
            }
        }
    }

    [GeneratedRegex("[A-Za-z0-9+/]{40,}={0,2}")]
    private static partial Regex Base64();

    [GeneratedRegex(@"[^\x20-\x7E]")]
    private static partial Regex Unprintable();
}
