using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Kestrel, with a straight path: a short address that memory can tell about is answered before the host makes a context, a trace and a
/// log scope for the request. Everything else goes through the host's pipeline as usual. See docs/adr on the redirect path.
/// </summary>
public sealed class RedirectServer(IServer server, Redirector redirector) : IServer
{
    public IFeatureCollection Features => server.Features;

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull =>
        server.StartAsync(new Application<TContext>(application, redirector), cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => server.StopAsync(cancellationToken);

    public void Dispose() => server.Dispose();

    private readonly struct Context<TContext>(TContext? inner, Match match, IFeatureCollection? features, IHttpRequestFeature? request)
    {
        public TContext? Inner { get; } = inner;

        public Match Match { get; } = match;

        public IFeatureCollection? Features { get; } = features;

        public IHttpRequestFeature? Request { get; } = request;
    }

    /// <summary>
    /// Requests that a thread answers before it lets others have a turn. Requests are answered on the thread that read them, and a client
    /// that sends them without end, and without waiting for answers, would keep that thread for itself. With sixteen such clients on two
    /// busy cores others got 1 answer a second; with turns, 30, as from a server that never answers on the reading thread.
    /// </summary>
    private const uint Turn = 64;

    [ThreadStatic]
    private static uint _answered;

    private static async Task YieldAsync() => await Task.Yield();

    private sealed class Application<TContext>(IHttpApplication<TContext> inner, Redirector redirector) : IHttpApplication<Context<TContext>>
        where TContext : notnull
    {
        public Context<TContext> CreateContext(IFeatureCollection contextFeatures)
        {
            // Kestrel's collection of features is the request itself, and a cast is cheaper than asking it.
            var request = contextFeatures as IHttpRequestFeature ?? contextFeatures.GetRequiredFeature<IHttpRequestFeature>();
            return redirector.TryMatch(request, out var match)
                ? new Context<TContext>(default, match, contextFeatures, request)
                : new Context<TContext>(inner.CreateContext(contextFeatures), default, null, null);
        }

        public Task ProcessRequestAsync(Context<TContext> context)
        {
            if (context.Features is not { } features)
            {
                return InPoolAsync(context.Inner!);
            }

            var answer = redirector.AnswerAsync(features, context.Request!, context.Match);
            return (++_answered & (Turn - 1)) == 0 && answer.IsCompletedSuccessfully ? YieldAsync() : answer;
        }

        /// <summary>
        /// The straight path is all that the threads that read sockets are for (docs/adr/0025). What looks something up, compares a
        /// password or makes a page goes on in the thread pool.
        /// </summary>
        private async Task InPoolAsync(TContext context)
        {
            await Task.Yield();
            await inner.ProcessRequestAsync(context);
        }

        public void DisposeContext(Context<TContext> context, Exception? exception)
        {
            if (context.Features is null)
            {
                inner.DisposeContext(context.Inner!, exception);
            }
        }
    }
}
