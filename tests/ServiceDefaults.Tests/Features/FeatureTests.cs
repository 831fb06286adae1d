using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Features;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Tests.Features;

/// <summary>Evaluation by Microsoft.FeatureManagement on our definitions.</summary>
public sealed class FeatureTests
{
    private const int People = 4_000;

    private static readonly Feature Asked = new("asked", Fallback: false);

    [Theory]
    [InlineData(1)]
    [InlineData(12.5)]
    [InlineData(50)]
    [InlineData(99)]
    public async Task A_percentage_is_about_that_share_of_users_and_always_the_same_ones(double percentage)
    {
        await using var app = Build();
        await using var replica = Build();
        Apply(app, 1, new FeatureRule(null, null, null, percentage));
        Apply(replica, 1, new FeatureRule(null, null, null, percentage));
        var people = Enumerable.Range(0, People).Select(_ => Someone()).ToList();
        var on = new HashSet<Guid>();
        foreach (var person in people)
        {
            var state = await IsOnAsync(app, person);
            (await IsOnAsync(replica, person)).ShouldBe(state, "on every replica");
            if (state)
            {
                on.Add(person.User!.Value);
            }
        }

        // Five standard deviations of the binomial distribution: one run in two million fails by chance.
        var p = percentage / 100;
        Math.Abs(on.Count - (People * p)).ShouldBeLessThanOrEqualTo(5 * Math.Sqrt(People * p * (1 - p)));

        Apply(app, 2, new FeatureRule(null, null, null, Math.Min(100, percentage * 2)));
        foreach (var person in people.Where(person => on.Contains(person.User!.Value)))
        {
            (await IsOnAsync(app, person)).ShouldBeTrue("a higher percentage takes nobody out");
        }
    }

    [Fact]
    public async Task Zero_and_a_hundred_percent_are_exact()
    {
        await using var app = Build();
        foreach (var (percentage, revision, expected) in new[] { (0.0, 1L, false), (100.0, 2L, true) })
        {
            Apply(app, revision, new FeatureRule(null, null, null, percentage));
            for (var i = 0; i < 200; i++)
            {
                (await IsOnAsync(app, Someone())).ShouldBe(expected);
            }
        }
    }

    [Fact]
    public async Task All_conditions_of_a_rule_have_to_be_true_and_one_rule_is_enough()
    {
        await using var app = Build();
        var (ada, team) = (Guid.NewGuid(), Guid.NewGuid());
        Apply(app, 1, new FeatureRule([ada], null, ["pro"], null), new FeatureRule(null, [team], null, null));

        (await IsOnAsync(app, new FeatureSubject(ada, Guid.NewGuid(), "pro"))).ShouldBeTrue();
        (await IsOnAsync(app, new FeatureSubject(ada, Guid.NewGuid(), "free"))).ShouldBeFalse();
        (await IsOnAsync(app, new FeatureSubject(Guid.NewGuid(), Guid.NewGuid(), "pro"))).ShouldBeFalse();
        (await IsOnAsync(app, new FeatureSubject(Guid.NewGuid(), team, "free"))).ShouldBeTrue();
        (await IsOnAsync(app, FeatureSubject.Anonymous)).ShouldBeFalse();
        Apply(app, 2);
        (await IsOnAsync(app, FeatureSubject.Anonymous)).ShouldBeTrue("without rules: everybody");
    }

    [Fact]
    public async Task By_workspace_its_members_get_the_same()
    {
        await using var app = Build();
        FlagsOf(app).Apply(new FeatureFlagChanged("asked", new FeatureFlag(
            "asked", true, FeatureSubjects.Workspace, [new FeatureRule(null, null, null, 50)], [new("a", 1), new("b", 1)], 1), 1, TimeProvider.System.GetUtcNow()));
        for (var i = 0; i < 50; i++)
        {
            var workspace = Guid.NewGuid();
            var first = await AskAsync(app, new FeatureSubject(Guid.NewGuid(), workspace, "free"));
            (await AskAsync(app, new FeatureSubject(Guid.NewGuid(), workspace, "pro"))).ShouldBe(first);
        }
    }

    [Fact]
    public async Task Variants_are_assigned_by_weight_and_stay_the_same_for_a_user()
    {
        await using var app = Build();
        FlagsOf(app).Apply(new FeatureFlagChanged("asked", new FeatureFlag("asked", true, FeatureSubjects.User, [], [new("short", 3), new("long", 1)], 1), 1, TimeProvider.System.GetUtcNow()));
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < People; i++)
        {
            var person = Someone();
            var state = await AskAsync(app, person);
            (await AskAsync(app, person)).ShouldBe(state);
            counts[state.Variant!] = counts.GetValueOrDefault(state.Variant!) + 1;
        }

        counts.Keys.ShouldBe(["short", "long"], ignoreOrder: true);
        Math.Abs(counts["long"] - (People * 0.25)).ShouldBeLessThanOrEqualTo(5 * Math.Sqrt(People * 0.25 * 0.75));
    }

    [Fact]
    public async Task Older_changes_that_arrive_late_have_no_effect_and_unknown_flags_fall_back()
    {
        await using var app = Build();
        var flags = FlagsOf(app);
        (await app.Services.GetRequiredService<ServiceDefaults.Features.Features>().IsEnabledAsync(new Feature("asked", Fallback: true), Someone(), CancellationToken.None)).ShouldBeTrue();
        flags.Apply(new FeatureFlagChanged("asked", null, 9, TimeProvider.System.GetUtcNow()));
        Apply(app, 8);
        flags.Find("asked").ShouldBeNull("it was deleted after that");
        Apply(app, 10);
        flags.Apply(new CurrentFeatureFlags(7, []));
        flags.Find("asked").ShouldNotBeNull("an answer that was on its way is older");
        flags.Apply(new CurrentFeatureFlags(11, []));
        flags.Find("asked").ShouldBeNull();
        (await IsOnAsync(app, Someone())).ShouldBeFalse();
    }

    private static FeatureSubject Someone() => new(Guid.NewGuid(), Guid.NewGuid(), "free");

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IFeatureSource>(new Nowhere());
        builder.AddFeatures();
        return builder.Build();
    }

    private static FeatureFlags FlagsOf(WebApplication app) => app.Services.GetRequiredService<FeatureFlags>();

    private static void Apply(WebApplication app, long revision, params FeatureRule[] rules) => FlagsOf(app).Apply(new FeatureFlagChanged(
        "asked", new FeatureFlag("asked", true, FeatureSubjects.User, rules, [], revision), revision, TimeProvider.System.GetUtcNow()));

    private static async Task<bool> IsOnAsync(WebApplication app, FeatureSubject subject) => (await AskAsync(app, subject)).Enabled;

    private static ValueTask<FeatureState> AskAsync(WebApplication app, FeatureSubject subject) =>
        app.Services.GetRequiredService<ServiceDefaults.Features.Features>().AskAsync(Asked, subject, TestContext.Current.CancellationToken);

    private sealed class Nowhere : IFeatureSource
    {
        public Task<CurrentFeatureFlags?> ReadAsync(long known, CancellationToken cancellationToken) => Task.FromResult<CurrentFeatureFlags?>(null);
    }
}
