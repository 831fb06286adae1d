using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace LinkShort.Redirect.Answers;

/// <summary>
/// Kestrel with a fast path: a short URL that is in memory is answered before the host creates a context, a trace and a log scope for the
/// request. All other requests go through the host's pipeline (ADR 16).
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
    /// Requests that a thread answers before it yields. Requests are answered on the thread that read them, so a client that keeps sending
    /// without waiting for answers would monopolise it. With sixteen such clients on two busy cores, others got 1 answer a second; with
    /// yielding, 30, as from a server that never answers on the reading thread.
    /// </summary>
    private const uint AnswersPerYield = 64;

    [ThreadStatic]
    private static uint _answered;

    private static async Task YieldAsync() => await Task.Yield();

    private sealed class Application<TContext>(IHttpApplication<TContext> inner, Redirector redirector) : IHttpApplication<Context<TContext>>
        where TContext : notnull
    {
        public Context<TContext> CreateContext(IFeatureCollection contextFeatures)
        {
            // Kestrel's feature collection is the request object itself, and a cast is cheaper than a lookup.
            var request = contextFeatures as IHttpRequestFeature ?? contextFeatures.GetRequiredFeature<IHttpRequestFeature>();
            return redirector.TryMatch(request, out var match)
                ? new Context<TContext>(default, match, contextFeatures, request)
                : new Context<TContext>(inner.CreateContext(contextFeatures), default, null, null);
        }

        public Task ProcessRequestAsync(Context<TContext> context)
        {
            if (context.Features is not { } features)
            {
                return ProcessInPoolAsync(context.Inner!);
            }

            var answer = redirector.AnswerAsync(features, context.Request!, context.Match);
            return (++_answered & (AnswersPerYield - 1)) == 0 && answer.IsCompletedSuccessfully ? YieldAsync() : answer;
        }

        /// <summary>
        /// Only the fast path runs on the threads that read sockets (ADR 25). Lookups, password checks and pages continue in the thread
        /// pool.
        /// </summary>
        private async Task ProcessInPoolAsync(TContext context)
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
