using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.Privacy.Consents;
using LinkShort.Identity.Storage;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace LinkShort.Identity.Tests;

public sealed class PrivacyTests(IdentityApplication identity)
{
    private const string Path = "/api/v1/me";

    [Fact]
    public async Task The_data_map_names_every_table_and_column() =>
        (await PlantedData.DifferencesAsync(PersonalData.Map, identity.Settings["ConnectionStrings:identitydb"]!)).ShouldBeEmpty();

    [Fact]
    public async Task Consents_are_granular_versioned_and_keep_their_history()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var before = (await client.GetFromJsonAsync<JsonNode>($"{Path}/consents"))!;
        before["consents"]!.AsArray().Select(consent => consent!["purpose"]!.GetValue<string>()).ShouldBe(["terms", "privacy", "product-mail", "analytics-of-product"]);
        before["consents"]!.AsArray().ShouldAllBe(consent => !consent!["granted"]!.GetValue<bool>());
        var version = before["consents"]![2]!["currentVersion"]!.GetValue<string>();

        await DecideAsync(true);
        await DecideAsync(true);
        var after = await DecideAsync(false);

        after["consents"]![2]!["granted"]!.GetValue<bool>().ShouldBeFalse();
        after["consents"]![2]!["upToDate"]!.GetValue<bool>().ShouldBeTrue();
        after["history"]!.AsArray().Select(decision => decision!["granted"]!.GetValue<bool>()).ShouldBe([false, true]);

        async Task<JsonNode> DecideAsync(bool granted)
        {
            using var response = await client.PutAsJsonAsync($"{Path}/consents", new { consents = new[] { new { purpose = "product-mail", version, granted } } });
            return await response.ShouldBeAsync<JsonNode>(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Consent_texts_are_in_the_users_language_or_else_in_English()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        var seen = new Dictionary<string, string>();
        foreach (var locale in Locale.All)
        {
            using var changed = await client.PatchAsJsonAsync(Path, new { locale });
            changed.StatusCode.ShouldBe(HttpStatusCode.OK);
            var consents = (await client.GetFromJsonAsync<JsonNode>($"{Path}/consents"))!["consents"]!.AsArray();
            consents.Select(consent => consent!["language"]!.GetValue<string>()).ShouldAllBe(language => language == locale);
            seen[locale] = string.Concat(consents.Select(consent => consent!["text"]!.GetValue<string>()));
        }

        seen.Values.Distinct().Count().ShouldBe(Locale.All.Count, "five languages, five texts");
        seen["de"].ShouldContain("Nutzungsbedingungen");
        seen["ar"].ShouldContain("شروط الاستخدام");
        ConsentTexts.All.ShouldAllBe(text => Locale.All.All(locale => text.Texts.ContainsKey(locale)));
        ConsentTexts.All[0].In("tlh").ShouldBe((ConsentTexts.All[0].Texts["en"], "en"));
        using var stranger = identity.Host.CreateClient();
        foreach (var (asked, language) in new[] { ("?locale=fr", "fr"), ("?locale=tlh", "en"), ("", "en") })
        {
            var offers = (await stranger.GetFromJsonAsync<JsonNode>("/api/v1/auth/consents" + asked))!["consents"]!.AsArray();
            offers.Select(offer => offer!["language"]!.GetValue<string>()).ShouldAllBe(told => told == language, asked);
        }
    }

    [Theory]
    [InlineData("""{"consents":[{"purpose":"x","version":"2026-11-30","granted":true}]}""", "consents[0].purpose")]
    [InlineData("""{"consents":[{"purpose":"terms","version":"2026-11-30","granted":true},{"purpose":"terms","version":"2026-11-30","granted":true}]}""", "consents[1].purpose")]
    [InlineData("""{"consents":[{"purpose":"terms","version":"old","granted":true}]}""", "consents[0].version")]
    [InlineData("""{"consents":[{"purpose":"terms","version":"2026-11-30","granted":false}]}""", "consents[0].granted")]
    public async Task A_bad_decision_is_refused_by_name(string json, string field)
    {
        using var client = await (await identity.RegisterAsync()).SignedInAsync();
        using var response = await client.SendRawAsync(HttpMethod.Put, $"{Path}/consents", System.Text.Encoding.UTF8.GetBytes(json));
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await client.GetFromJsonAsync<JsonNode>($"{Path}/consents"))!["history"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_export_holds_what_identity_and_every_other_service_keep_and_nobody_else_gets_it()
    {
        await using var others = await OtherServices.StartAsync();
        await using var host = identity.Another(others.Settings);
        var account = await Account.RegisterAsync(host);
        using var client = await account.SignedInAsync();
        using var stranger = await (await Account.RegisterAsync(host)).SignedInAsync();
        var planted = await PlantedData.PlantAsync(host.Services, await ValuesAsync(account), (account.Id, account.WorkspaceId), "users", "workspaces", "members", "exports", "export_parts", "audit_log");
        // The planted rows include second factors.
        await identity.ExecuteAsync("update sessions set methods = methods || '{mfa}' where user_id = @Id", new { account.Id });

        using var started = await client.PostAsync($"{Path}/export", null);
        var export = await started.ShouldBeAsync<JsonNode>(HttpStatusCode.Accepted);
        var id = export["id"]!.GetValue<Guid>();
        using var second = await client.PostAsync($"{Path}/export", null);
        await second.ShouldBeProblemAsync(HttpStatusCode.Conflict, "conflict");
        (await client.GetFromJsonAsync<JsonNode>($"{Path}/export/{id}"))!["state"]!.GetValue<string>().ShouldBe("collecting");
        foreach (var service in OtherServices.Names)
        {
            await identity.Events.PublishAsync(new ExportPartReady(id, service, 1));
        }

        await Eventually.PassesAsync(async () => (await StateAsync(client, id)).ShouldBe("ready"), TimeSpan.FromSeconds(30));
        using var zip = await client.GetAsync($"{Path}/export/{id}");
        zip.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        var text = PlantedData.TextOf(await zip.Content.ReadAsByteArrayAsync());

        text.ShouldContain("identity/users.json");
        text.ShouldContain("identity/users.csv");
        text.ShouldContain(account.Email);
        planted.Exported.ShouldNotBeEmpty();
        planted.Exported.ShouldAllBe(marker => text.Contains(marker));
        planted.Withheld.ShouldAllBe(marker => !text.Contains(marker));
        OtherServices.Names.ShouldAllBe(service => text.Contains($"{service}/rows.json") && text.Contains($"part of {service}"));
        using var foreign = await stranger.GetAsync($"{Path}/export/{id}");
        foreign.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Eventually.PassesAsync(async () => (await identity.QueryAsync<int>("select count(*)::int from export_parts where export_id = @id", new { id })).ShouldBe(0));

        await identity.ExecuteAsync("update exports set expires_at = now() - interval '1 second' where id = @id", new { id });
        using var expired = await client.GetAsync($"{Path}/export/{id}");
        expired.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Eventually.PassesAsync(async () => (await identity.QueryAsync<int>("select count(*)::int from exports where id = @id", new { id })).ShouldBe(0));
    }

    [Fact]
    public async Task An_export_whose_part_is_lost_blocks_no_other_and_fails_after_the_timeout()
    {
        await using var own = await IdentityApplication.StartAsync(identity.Servers);
        await using var others = await OtherServices.StartAsync();
        await using var host = own.Another(others.Settings);
        using var unlucky = await (await Account.RegisterAsync(host)).SignedInAsync();
        using var lucky = await (await Account.RegisterAsync(host)).SignedInAsync();
        var lost = await RequestAsync(unlucky);
        others.Lost = lost;
        var good = await RequestAsync(lucky);
        // The failing one is first.
        foreach (var id in new[] { lost, good })
        {
            await Eventually.PassesAsync(async () => (await own.QueryAsync<long>("select count(*) from export_reports where export_id = @id", new { id })).ShouldBe(1));
            await Task.WhenAll(OtherServices.Names.Select(service => own.Events.PublishAsync(new ExportPartReady(id, service, 1))));
        }

        await Eventually.PassesAsync(async () => (await StateAsync(lucky, good)).ShouldBe("ready"), TimeSpan.FromSeconds(30));
        (await StateAsync(unlucky, lost)).ShouldBe("collecting");
        await own.ExecuteAsync("update exports set requested_at = now() - interval '2 days' where id = @lost", new { lost });
        await Eventually.PassesAsync(async () => (await StateAsync(unlucky, lost)).ShouldBe("failed"), TimeSpan.FromSeconds(30));

        static async Task<Guid> RequestAsync(HttpClient client)
        {
            using var started = await client.PostAsync($"{Path}/export", null);
            return (await started.ShouldBeAsync<JsonNode>(HttpStatusCode.Accepted))["id"]!.GetValue<Guid>();
        }
    }

    [Fact]
    public async Task Deleting_an_account_checks_a_password_that_is_sent_and_signing_in_or_restoring_takes_it_back()
    {
        var account = await identity.RegisterAsync();
        using var client = await account.SignedInAsync();
        using var wrong = await DeleteAsync(client, "not-the-Password-1");
        wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await DueAsync()).ShouldBeNull();
        (await client.GetFromJsonAsync<JsonNode>($"{Path}/erasure"))!["graceSeconds"]!.GetValue<long>().ShouldBe(7 * 24 * 3600);

        using var deleted = await DeleteAsync(client, Account.Password);
        var scheduled = await deleted.ShouldBeAsync<JsonNode>(HttpStatusCode.Accepted);
        (await DueAsync()).ShouldNotBeNull();
        using var restored = await client.PostAsync($"{Path}/restore", null);
        restored.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await DueAsync()).ShouldBeNull();
        using var again = await client.PostAsync($"{Path}/restore", null);
        again.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetFromJsonAsync<JsonNode>($"{Path}/erasure/{scheduled["id"]}"))!["state"]!.GetValue<string>().ShouldBe("cancelled");

        // A recent sign-in is sufficient proof.
        using var once = await DeleteAsync(client, null);
        once.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await account.LogInAsync();
        (await DueAsync()).ShouldBeNull();

        async Task<string?> DueAsync() => (await client.GetFromJsonAsync<JsonNode>($"{Path}/erasure"))!["dueAt"]?.GetValue<string>();
    }

    [Fact]
    public async Task Nothing_of_an_erased_person_is_left_but_the_receipt_and_what_they_did_under_an_id_that_leads_nowhere()
    {
        await using var host = identity.Another(("Privacy:ErasureGrace", "00:00:00"), ("Privacy:JobInterval", "00:00:00.2"));
        var account = await Account.RegisterAsync(host);
        using var client = await account.SignedInAsync();
        using var renamed = await client.PatchAsJsonAsync(Path, new { name = "Planted Name" });
        renamed.StatusCode.ShouldBe(HttpStatusCode.OK);
        var planted = await PlantedData.PlantAsync(host.Services, await ValuesAsync(account), (account.Id, account.WorkspaceId), "users", "workspaces", "members", "audit_log", "erasures");
        // The planted rows include second factors.
        await identity.ExecuteAsync("update sessions set methods = methods || '{mfa}' where user_id = @Id", new { account.Id });

        using var deleted = await DeleteAsync(client, Account.Password);
        var receipt = (await deleted.ShouldBeAsync<JsonNode>(HttpStatusCode.Accepted))["id"]!.GetValue<string>();
        using var anybody = host.CreateClient();
        await Eventually.PassesAsync(async () => (await ReceiptAsync())["state"]!.GetValue<string>().ShouldBe("erasing"), TimeSpan.FromSeconds(30));
        var erasureId = await identity.QueryAsync<Guid>("select id from erasures where user_id = @Id", new { account.Id });
        foreach (var service in PrivacyParts.Erasing.Where(service => service != "identity"))
        {
            await identity.Events.PublishAsync(new ErasureCompleted(erasureId, service, [new ErasedRows("rows", 3)], TimeProvider.System.GetUtcNow()));
        }

        await Eventually.PassesAsync(async () => (await ReceiptAsync())["state"]!.GetValue<string>().ShouldBe("completed"), TimeSpan.FromSeconds(30));
        (await ReceiptAsync())["services"]!.AsArray().Select(report => report!["service"]!.GetValue<string>()).ShouldBe(PrivacyParts.Erasing, ignoreOrder: true);
        (await host.CreateClient().GetAsync($"{Path}/erasure/{receipt}x")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await account.TryLogInAsync(Account.Password)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        // Only ids, in records that have to be kept, and for minutes in revocations.
        await Eventually.PassesAsync(async () =>
            (await planted.LeftInAsync()).ShouldBeSubsetOf(["audit_chains", "audit_log", "erasures", "revocations"]), TimeSpan.FromSeconds(30));
        var log = await identity.QueryAsync<string>("select coalesce(string_agg(a::text, ' '), '') from audit_log a where a::text like '%' || @Id || '%'", new { Id = account.Id.ToString() });
        log.ShouldNotContain("Planted Name");
        log.ShouldNotContain(account.Email);
        log.ShouldNotContain(planted.Marker);

        async Task<JsonNode> ReceiptAsync() => (await anybody.GetFromJsonAsync<JsonNode>($"{Path}/erasure/{receipt}"))!;
    }

    [Fact]
    public async Task The_only_owner_of_a_workspace_with_other_members_has_to_transfer_it_first()
    {
        var owner = await identity.RegisterAsync();
        var member = await identity.RegisterAsync();
        using var client = await owner.SignedInAsync();
        await identity.ExecuteAsync(
            "insert into members (workspace_id, user_id, role, joined_at) values (@WorkspaceId, @Id, 'member', now())", new { owner.WorkspaceId, member.Id });
        using var refused = await DeleteAsync(client, Account.Password);
        await refused.ShouldBeProblemAsync(HttpStatusCode.Conflict, "last-owner");
    }

    private async Task<Dictionary<string, object?>> ValuesAsync(Account account) => new()
    {
        // Found by the address, as these rows have no id.
        ["mail_wishes.normalized_email"] = await identity.QueryAsync<string>("select normalized_email from users where id = @Id", new { account.Id }),
        ["members.role"] = "owner",
        ["invitations.role"] = "member",
        ["mail_wishes.kind"] = "reset",
        ["passkey_challenges.purpose"] = "create",
        ["erasures.state"] = "cancelled",
        // Otherwise the account would count as restored from a backup.
        ["erasures.erased_at"] = null,
        ["exports.state"] = "failed",
        ["idempotency_keys.status"] = (short)201,
    };

    private static async Task<string> StateAsync(HttpClient client, Guid id)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Path}/export/{id}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await client.SendAsync(request);
        return (await response.ShouldBeAsync<JsonNode>(HttpStatusCode.OK))["state"]!.GetValue<string>();
    }

    private static async Task<HttpResponseMessage> DeleteAsync(HttpClient client, string? password)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, Path) { Content = JsonContent.Create(new { password }) };
        return await client.SendAsync(request);
    }

    /// <summary>A fake for the services that export a part.</summary>
    private sealed class OtherServices(WebApplication app) : IAsyncDisposable
    {
        /// <summary>An export whose part is missing, although the services reported it.</summary>
        public Guid Lost { get; set; }

        public static IEnumerable<string> Names => PrivacyParts.Exporting.Where(service => service != "identity");

        public (string, string?)[] Settings =>
            [.. Names.Select(service => ($"services:{service}:http:0", (string?)app.Urls.First())), ("Privacy:JobInterval", "00:00:00.2")];

        public static async Task<OtherServices> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            var app = builder.Build();
            var services = new OtherServices(app);
            app.MapGet("/internal/exports/{id}", (Guid id, HttpRequest request) =>
            {
                request.Headers[InternalKey.Header].ToString().ShouldBe(Servers.InternalKey);
                if (id == services.Lost)
                {
                    return Results.NotFound();
                }

                using var bytes = new MemoryStream();
                using (var zip = new System.IO.Compression.ZipArchive(bytes, System.IO.Compression.ZipArchiveMode.Create, leaveOpen: true))
                using (var writer = new StreamWriter(zip.CreateEntry("rows.json").Open()))
                {
                    writer.Write("part of " + string.Join(", part of ", Names));
                }

                return Results.File(bytes.ToArray(), "application/zip");
            });
            await app.StartAsync();
            return services;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
