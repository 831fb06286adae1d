using System.Net;
using System.Net.Http.Json;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Features;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Identity.Tests;

/// <summary>Flags as operators write them, and their effect on users.</summary>
public sealed class FeatureFlagTests(IdentityApplication identity)
{
    [Fact]
    public async Task A_flag_is_on_for_the_subjects_of_its_rules_on_every_replica()
    {
        var op = await Operator.SharedAsync(identity);
        var (ada, bob) = (await identity.RegisterAsync(), await identity.RegisterAsync());
        using var adas = await ada.SignedInAsync();
        using var bobs = await bob.SignedInAsync();
        var name = NewName();
        (await StateAsync(adas, name)).ShouldBeNull();

        await PutAsync(op, name, new { enabled = true, rules = new object[] { new { users = new[] { ada.Id } } } });
        await Eventually.PassesAsync(async () => (await StateAsync(adas, name))!.Enabled.ShouldBeTrue());
        (await StateAsync(bobs, name))!.Enabled.ShouldBeFalse();

        await PutAsync(op, name, new { enabled = true, rules = new object[] { new { workspaces = new[] { bob.WorkspaceId }, plans = new[] { "free" } } } });
        await Eventually.PassesAsync(async () => (await StateAsync(bobs, name))!.Enabled.ShouldBeTrue());
        (await StateAsync(adas, name))!.Enabled.ShouldBeFalse();

        await PutAsync(op, name, new { enabled = true, rules = new object[] { new { workspaces = new[] { bob.WorkspaceId }, plans = new[] { "pro" } } } });
        await Eventually.PassesAsync(async () => (await StateAsync(bobs, name))!.Enabled.ShouldBeFalse("all conditions of a rule have to be true"));

        await PutAsync(op, name, new { enabled = true });
        await Eventually.PassesAsync(async () => (await StateAsync(adas, name))!.Enabled.ShouldBeTrue("without rules: everybody"));
        await PutAsync(op, name, new { enabled = false, rules = new object[] { new { percentage = 100 } } });
        await Eventually.PassesAsync(async () => (await StateAsync(adas, name))!.Enabled.ShouldBeFalse());

        using var deleted = await op.Client.DeleteAsync($"/api/v1/admin/flags/{name}");
        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Eventually.PassesAsync(async () => (await StateAsync(adas, name)).ShouldBeNull());
        await PutAsync(op, name, new { enabled = true });
        await Eventually.PassesAsync(async () => (await StateAsync(adas, name))!.Enabled.ShouldBeTrue("a name can be used again"));
        await Eventually.PassesAsync(async () => (await op.Client.GetFromJsonAsync<Listed<LogEntry>>($"/api/v1/admin/audit-log?target=flag:{name}"))!.Items.Length.ShouldBe(7));
    }

    [Fact]
    public async Task Closed_registrations_refuse_new_accounts_and_do_not_affect_others()
    {
        // In a host of its own, because other tests register users at the same time.
        var flags = new FeatureFlags();
        await using var host = IdentityApplication.Start(identity.Settings, services =>
        {
            services.AddSingleton(flags);
            services.AddSingleton<IFeatureSource>(new NoSource());
        });
        var account = await Account.RegisterAsync(host);
        flags.Apply(new FeatureFlagChanged("registrations", new FeatureFlag("registrations", false, "user", [], [], 5), 5, TimeProvider.System.GetUtcNow()));
        using var client = host.CreateClient();
        using var refused = await client.PostAsJsonAsync("/api/v1/auth/register", new { email = Account.NewEmail(), password = Account.Password });
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden, "registrations-closed");
        await account.LogInAsync();
        flags.Apply(new FeatureFlagChanged("registrations", null, 6, TimeProvider.System.GetUtcNow()));
        await Account.RegisterAsync(host);
    }

    [Fact]
    public async Task A_stale_change_is_refused_by_its_ETag()
    {
        var op = await Operator.SharedAsync(identity);
        var name = NewName();
        using var created = await op.PutFlagAsync(name, new { enabled = true, description = "First" });
        var etag = created.Headers.ETag!.ToString();
        using var changed = await op.PutFlagAsync(name, new { enabled = false });
        (await changed.ShouldBeAsync<FlagBody>(HttpStatusCode.OK)).Description.ShouldBe("First");
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/api/v1/admin/flags/{name}") { Content = JsonContent.Create(new { enabled = true }) };
        request.Headers.TryAddWithoutValidation("If-Match", etag);
        using var stale = await op.Client.SendAsync(request);
        await stale.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed, "precondition-failed");
        (await op.Client.GetFromJsonAsync<FlagBody>($"/api/v1/admin/flags/{name}"))!.Enabled.ShouldBeFalse();
        await (await op.Client.GetAsync("/api/v1/admin/flags/no-such-flag")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    [Theory]
    [InlineData("""{"enabled":true,"rules":[{"percentage":101}]}""", "rules[0].percentage")]
    [InlineData("""{"enabled":true,"rules":[{"plans":["pro"]},{"percentage":-0.5}]}""", "rules[1].percentage")]
    [InlineData("""{"enabled":true,"rules":[{}]}""", "rules[0]")]
    [InlineData("""{"enabled":true,"rules":[null]}""", "rules[0]")]
    [InlineData("""{"enabled":true,"rules":[{"users":[]}]}""", "rules[0].users")]
    [InlineData("""{"enabled":true,"rules":[{"users":["nobody"]}]}""", "rules[0].users[0]")]
    [InlineData("""{"enabled":true,"rules":[{"plans":["PRO!"]}]}""", "rules[0].plans[0]")]
    [InlineData("""{"enabled":true,"rules":[{"country":"DE"}]}""", "rules[0].country")]
    [InlineData("""{"enabled":true,"subject":"planet"}""", "subject")]
    [InlineData("""{"enabled":true,"variants":[{"name":"a","weight":1}]}""", "variants")]
    [InlineData("""{"enabled":true,"variants":[{"name":"a","weight":1},{"name":"a","weight":1}]}""", "variants[1].name")]
    [InlineData("""{"enabled":true,"variants":[{"name":"a","weight":0},{"name":"b","weight":1}]}""", "variants[0].weight")]
    [InlineData("""{"enabled":true,"variants":[{"name":"off","weight":1},{"name":"b","weight":1}]}""", "variants[0].name")]
    [InlineData("""{"enabled":"yes"}""", "enabled")]
    [InlineData("""{"rules":[]}""", "enabled")]
    public async Task A_broken_flag_names_its_field_and_changes_nothing(string json, string field)
    {
        var op = await Operator.SharedAsync(identity);
        var name = NewName();
        using var response = await op.Client.SendRawAsync(HttpMethod.Put, $"/api/v1/admin/flags/{name}", System.Text.Encoding.UTF8.GetBytes(json));
        await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", field);
        (await identity.QueryAsync<int>("select count(*)::int from feature_flags where name = @name", new { name })).ShouldBe(0);
    }

    [Fact]
    public async Task Variants_are_compared_by_what_users_did_after_their_exposure()
    {
        var op = await Operator.SharedAsync(identity);
        var name = NewName();
        await PutAsync(op, name, new { enabled = true, variants = new object[] { new { name = "short", weight = 1 }, new { name = "long", weight = 1 } } });
        var met = new Dictionary<string, int>();
        var converted = new Dictionary<string, int>();
        for (var i = 0; i < 6; i++)
        {
            var account = await identity.RegisterAsync();
            using var client = await account.SignedInAsync();
            var state = await Eventually.BecomesAsync(() => StateAsync(client, name), state => state is { Enabled: true });
            state!.Variant.ShouldBeOneOf("short", "long");
            for (var twice = 0; twice < 2; twice++)
            {
                using var exposed = await client.PostAsync($"/api/v1/me/features/{name}/exposed", null);
                exposed.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            }

            met[state.Variant!] = met.GetValueOrDefault(state.Variant!) + 1;
            if (i % 2 == 0)
            {
                using var created = await client.PostAsJsonAsync("/api/v1/api-keys", new { name = "k", scopes = new[] { "links:read" } });
                created.StatusCode.ShouldBe(HttpStatusCode.Created);
                converted[state.Variant!] = converted.GetValueOrDefault(state.Variant!) + 1;
            }
        }

        var path = $"/api/v1/admin/flags/{name}/exposures?action=apiKey.created";
        await Eventually.PassesAsync(async () =>
        {
            var compared = (await op.Client.GetFromJsonAsync<Comparison>(path))!.Variants;
            compared.ToDictionary(variant => variant.Name, variant => variant.People).ShouldBe(met, ignoreOrder: true);
            compared.Sum(variant => variant.Exposures).ShouldBe(6, "once a day, however often");
            compared.Sum(variant => variant.Converted).ShouldBe(3);
            foreach (var variant in compared)
            {
                variant.Converted.ShouldBe(converted.GetValueOrDefault(variant.Name));
                variant.Rate.ShouldBe((double)variant.Converted / variant.People, 0.001);
            }
        });

        // From two replicas of another service: the same user on the same day counts once.
        var known = await identity.QueryAsync<Guid>("select user_id from feature_exposures where flag = @name limit 1", new { name });
        var at = TimeProvider.System.GetUtcNow();
        await identity.Events.PublishAsync(new FeaturesExposed(Guid.NewGuid(), "links",
            [new(name, "short", known, known, at), new(name, "short", known, known, at), new(name, "off", Guid.NewGuid(), Guid.NewGuid(), at)]));
        await Eventually.PassesAsync(async () => (await identity.QueryAsync<int>(
            "select count(*)::int from feature_exposures where flag = @name and workspace_id = @known", new { name, known })).ShouldBe(1));

        await (await op.Client.GetAsync($"/api/v1/admin/flags/{name}/exposures?from=2026-11-02&to=2026-11-01")).ShouldBeProblemAsync(HttpStatusCode.BadRequest, "validation", "from");
        await (await op.Client.GetAsync("/api/v1/admin/flags/no-such-flag/exposures")).ShouldBeProblemAsync(HttpStatusCode.NotFound, "not-found");
    }

    private static string NewName() => "flag-" + Guid.NewGuid().ToString("N");

    private static async Task PutAsync(Operator op, string name, object flag)
    {
        using var response = await op.PutFlagAsync(name, flag);
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    private static async Task<FeatureBody?> StateAsync(HttpClient client, string name) =>
        (await client.GetFromJsonAsync<FeaturesBody>("/api/v1/me/features"))!.Features.GetValueOrDefault(name);

    private sealed class NoSource : IFeatureSource
    {
        public Task<CurrentFeatureFlags?> ReadAsync(long known, CancellationToken cancellationToken) => Task.FromResult<CurrentFeatureFlags?>(null);
    }
}

public sealed record FeatureBody(bool Enabled, string? Variant);

public sealed record FeaturesBody(Dictionary<string, FeatureBody> Features);

public sealed record FlagBody(string Name, string Description, bool Enabled, string Subject, long Revision);

public sealed record ComparedVariant(string Name, int People, int Exposures, int Converted, long Conversions, double Rate);

public sealed record Comparison(string Flag, ComparedVariant[] Variants);
