using LinkShort.Testing;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LinkShort.Web.Tests.Stand;

/// <summary>The web app on a real port, with the gateway's content security policy.</summary>
internal sealed class WebApp(FakeApi api, string redis) : ProgramFactory<Program>
{
    public const string Policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

    public static WebApp Start(FakeApi api, string redis)
    {
        var app = new WebApp(api, redis);
        app.UseKestrel();
        app.StartServer();
        return app;
    }

    public string Address => Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        .Replace("[::]", "localhost", StringComparison.Ordinal).Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        // As in production: asset names contain fingerprints, so browsers load each file once.
        builder.UseEnvironment(Environments.Production);
        builder.UseSetting("ConnectionStrings:cache", redis);
        builder.UseSetting("services:gateway:http:0", api.Address);
        builder.UseSetting("Internal:Key", Servers.InternalKey);
        builder.UseSetting("Http:Resilience:BaseDelay", "00:00:00.010");
        builder.UseSetting("Http:Resilience:BreakerMinimumCalls", "1000000");
        // No test here is about timeouts, and a busy machine can exceed the default ones.
        builder.UseSetting("Http:Resilience:AttemptTimeout", "00:01:00");
        builder.UseSetting("Http:Resilience:TotalTimeout", "00:02:00");
        builder.ConfigureLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddConsole());
        builder.ConfigureServices(services => services.AddTransient<IStartupFilter, GatewayHeaders>().AddSingleton(new PseudoLanguage(true)));
    }

    private sealed class GatewayHeaders : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, go) =>
            {
                context.Response.Headers.ContentSecurityPolicy = Policy;
                return go(context);
            });
            next(app);
        };
    }
}

/// <summary>API, Redis and web app that the tests share; each test has its own accounts.</summary>
public sealed class WebStand(RedisFixture redis) : IAsyncLifetime
{
    internal FakeApi Api { get; private set; } = null!;

    /// <summary>Connection string; other replicas of the web app can share it.</summary>
    internal string Redis { get; private set; } = "";

    internal WebApp Web { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Api = await FakeApi.StartAsync();
        Redis = await redis.NextDatabaseAsync();
        Web = WebApp.Start(Api, Redis);
        Api.WebAddress = Web.Address.TrimEnd('/');
    }

    public async ValueTask DisposeAsync()
    {
        await Web.DisposeAsync();
        await Api.DisposeAsync();
    }

    internal Visitor Visit() => new(Web.Address);

    internal async Task<Visitor> VisitSignedInAsync(FakeApi.Account account)
    {
        var visitor = Visit();
        await visitor.SignInAsync(account.Email, account.Password);
        return visitor;
    }

    internal FakeApi.Account NewAccount(string? name = "Mira Okafor") => Api.AddAccount($"mira-{Guid.NewGuid():N}@example.com", "correct horse battery", name);
}

[CollectionDefinition(nameof(WebStand))]
public sealed class WebStandTests : ICollectionFixture<WebStand>;
