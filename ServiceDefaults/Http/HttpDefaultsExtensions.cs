using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>What every HTTP service has in common, in two calls.</summary>
public static class HttpDefaultsExtensions
{
    /// <summary>Adds problem details and the OpenAPI document.</summary>
    public static TBuilder AddHttpDefaults<TBuilder>(this TBuilder builder) where TBuilder : IHostApplicationBuilder
    {
        builder.Services.AddProblems();
        builder.Services.AddOpenApi("v1", options =>
        {
            options.MarkAnonymousOperations();
            options.DescribeConvertedTypes();
            options.AllowProblemExtensions();
            options.NameNestedTypes();
        });
        return builder;
    }

    /// <summary>
    /// Turns every failure of later middleware into problem details, answers HEAD as GET, and maps <c>/openapi/v1.json</c>. Call it first
    /// after <c>Build()</c>.
    /// </summary>
    public static WebApplication UseHttpDefaults(this WebApplication app)
    {
        app.UseProblems();
        app.UseHeadRequests();
        app.MapOpenApi().AllowAnonymous();
        return app;
    }
}
