using Yarp.ReverseProxy.Configuration;

namespace LinkShort.Bench;

/// <summary>The baselines for redirect and gateway: the same frameworks without anything else.</summary>
internal static class BareServers
{
    /// <summary>A minimal API that responds with a fixed 302, without lookups, recording or logging.</summary>
    public static Task RunApiAsync(string port)
    {
        var builder = BuilderFor(port);
        var app = builder.Build();
        app.MapGet("/{**code}", () => Results.Redirect(Codes.Destination));
        return app.RunAsync();
    }

    /// <summary>YARP with one route to one destination.</summary>
    public static Task RunProxyAsync(string port, string destination)
    {
        var builder = BuilderFor(port);
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "api", Match = new RouteMatch { Path = "/{**rest}" } }],
            [new ClusterConfig { ClusterId = "api", Destinations = new Dictionary<string, DestinationConfig> { ["api"] = new() { Address = destination } } }]);
        var app = builder.Build();
        app.MapReverseProxy();
        return app.RunAsync();
    }

    private static WebApplicationBuilder BuilderFor(string port)
    {
        // Not the current directory, which may hold the spool: the builder watches everything below.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        return builder;
    }
}
