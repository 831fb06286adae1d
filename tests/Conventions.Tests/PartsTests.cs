using LinkShort.Contracts;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;
using MassTransit;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Conventions.Tests;

public sealed class PartsTests
{
    public static TheoryData<string> Parts => [.. Part.Names];

    [Fact]
    public void All_parts_are_checked() => Part.Names.ShouldBe(
        ["LinkShort.Analytics", "LinkShort.Billing", "LinkShort.Gateway", "LinkShort.Identity", "LinkShort.Links", "LinkShort.Notification", "LinkShort.Redirect", "LinkShort.Web"], ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Parts))]
    public void Every_endpoint_declares_its_authorization(string name)
    {
        using var part = Part.Build(name, Part.Settings);

        part.Endpoints.ShouldNotBeEmpty();
        Endpoints.Check(name, part.Endpoints).ShouldBeNone("RequireAuthorization(a policy), or AllowAnonymous where anybody may.");
        if (name != "LinkShort.Gateway")
        {
            // The gateway's own /internal responds with 404 to everybody.
            Endpoints.CheckInternal(name, part.Endpoints, InternalKey.Policy).ShouldBeNone("What is under /internal requires the internal key.");
        }
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void Every_setting_is_validated_before_the_start(string name)
    {
        using var part = Part.Build(name, Part.Settings);

        Settings.Check(name, part.Registrations, part.Services).ShouldBeNone("AddValidatedOptions<T>(section): a message with the key and the fix.");
    }

    [Theory]
    [InlineData("LinkShort.Analytics")]
    [InlineData("LinkShort.Billing")]
    [InlineData("LinkShort.Gateway")]
    [InlineData("LinkShort.Identity")]
    [InlineData("LinkShort.Links")]
    [InlineData("LinkShort.Redirect")]
    public void Without_its_settings_a_service_does_not_start_and_names_the_first_that_is_missing(string name)
    {
        var error = Should.Throw<Exception>(() => Part.Build(name, new Dictionary<string, string>()).Dispose());

        error.ToString().ShouldContain("__");
        error.ToString().ShouldContain("is missing");
    }

    [Theory]
    [InlineData("LinkShort.Analytics")]
    [InlineData("LinkShort.Gateway")]
    [InlineData("LinkShort.Identity")]
    [InlineData("LinkShort.Links")]
    [InlineData("LinkShort.Notification")]
    [InlineData("LinkShort.Redirect")]
    public void Every_service_with_feature_flags_consumes_their_changes(string name)
    {
        using var part = Part.Build(name, Part.Settings);

        part.Registrations.Any(registration => registration.ServiceType.IsAssignableTo(typeof(IConsumer<FeatureFlagChanged>)))
            .ShouldBe(part.Registrations.Any(registration => registration.ServiceType == typeof(Features)), "bus.AddFeatureConsumers() beside builder.AddFeatures().");
    }

    [Fact]
    public void A_planted_endpoint_without_authorization_is_found()
    {
        var found = Endpoints.Check("planted", Planted(app =>
        {
            app.MapGet("/forgotten", () => "");
            app.MapGroup("/group").MapPost("/forgotten", () => "");
            app.MapGet("/policy", () => "").RequireAuthorization(Permissions.LinksRead);
            app.MapGet("/default", () => "").RequireAuthorization();
            app.MapGet("/inline", () => "").RequireAuthorization(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
            app.MapGet("/open", () => "").AllowAnonymous();
            app.MapGroup("/opened").AllowAnonymous().MapGet("/x", () => "");
        })).ToList();

        found.Count.ShouldBe(2);
        found.ShouldContain(violation => violation.Contains("GET /forgotten"));
        found.ShouldContain(violation => violation.Contains("POST /group/forgotten"));
    }

    [Fact]
    public void A_planted_internal_endpoint_that_others_could_call_is_found()
    {
        var found = Endpoints.CheckInternal("planted", Planted(app =>
        {
            app.MapGet("/internal/guarded", () => "").RequireAuthorization(InternalKey.Policy);
            app.MapGroup("/internal").RequireAuthorization(InternalKey.Policy).MapGet("/too", () => "");
            app.MapGet("/internal/users", () => "").RequireAuthorization(Permissions.LinksRead);
            app.MapGet("/internal/open", () => "").RequireAuthorization(InternalKey.Policy).AllowAnonymous();
            app.MapGet("/api/v1/links", () => "").RequireAuthorization(Permissions.LinksRead);
        }), InternalKey.Policy).ToList();

        found.Count.ShouldBe(2);
        found.ShouldContain(violation => violation.Contains("/internal/users"));
        found.ShouldContain(violation => violation.Contains("/internal/open"));
    }

    [Fact]
    public void Planted_settings_without_validation_are_found()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.Configure<Unchecked>(builder.Configuration.GetSection("Unchecked"));
        builder.Services.AddOptions<CheckedTooLate>().Bind(builder.Configuration.GetSection("Late")).Validate(_ => true, "Late__X is wrong. Set it.");
        builder.AddValidatedOptions<Checked>("Checked");
        using var app = builder.Build() as IDisposable;

        Settings.Check("planted", [.. builder.Services], ((WebApplication)app).Services).ShouldBe(
            ["planted: Unchecked has no validator", "planted: Unchecked is not validated at the start", "planted: CheckedTooLate is not validated at the start"],
            ignoreOrder: true);
    }

    private static List<RouteEndpoint> Planted(Action<IEndpointRouteBuilder> map)
    {
        var app = WebApplication.CreateBuilder().Build();
        map(app);
        return [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];
    }

    public sealed class Unchecked
    {
        public int X { get; set; }
    }

    public sealed class CheckedTooLate
    {
        public int X { get; set; }
    }

    public sealed class Checked
    {
        public int X { get; set; }
    }
}
