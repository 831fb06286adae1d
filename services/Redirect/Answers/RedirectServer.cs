using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Kestrel, with a straight path: a short address whose link is in memory is answered before the host makes a context, a trace and a
/// log scope for the request. Everything else goes through the host's pipeline as usual. See docs/adr on the redirect path.
/// </summary>
public sealed class RedirectServer(IServer server, Redirector redirector) : IServer
{
    public IFeatureCollection Features => server.Features;

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull =>
        server.StartAsync(new Application<TContext>(application, redirector), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    public void Dispose() => server.Dispose();

    private readonly struct Context<TContext>(TContext? inner, Route? route, IFeatureCollection? features, IHttpRequestFeature? request)
    {
        public TContext? Inner { get; } = inner;

        public Route? Route { get; } = route;

        public IFeatureCollection? Features { get; } = features;

        public IHttpRequestFeature? Request { get; } = request;
    }

    private sealed class Application<TContext>(IHttpApplication<TContext> inner, Redirector redirector) : IHttpApplication<Context<TContext>>
        where TContext : notnull
    {
        public Context<TContext> CreateContext(IFeatureCollection contextFeatures)
        {
            var request = contextFeatures.GetRequiredFeature<IHttpRequestFeature>();
            return redirector.Match(request) is { } route
                ? new Context<TContext>(default, route, contextFeatures, request)
                : new Context<TContext>(inner.CreateContext(contextFeatures), null, null, null);
        }

        public Task ProcessRequestAsync(Context<TContext> context)
        {
            if (context.Route is not { } route)
            {
                return inner.ProcessRequestAsync(context.Inner!);
            }

            redirector.Send(context.Features!, context.Request!, route);
            return Task.CompletedTask;
        }

        public void DisposeContext(Context<TContext> context, Exception? exception)
        {
            if (context.Route is null)
            {
                inner.DisposeContext(context.Inner!, exception);
            }
        }
    }
}
