using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>What every service that answers over HTTP has in common, in two calls.</summary>
public static class HttpDefaultsExtensions
{
    /// <summary>Problem details, and the description of the service's endpoints.</summary>
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
    /// Turns every failure of what follows into problem details, and maps <c>/openapi/v1.json</c>. Call it first after <c>Build()</c>.
    /// </summary>
    public static WebApplication UseHttpDefaults(this WebApplication app)
    {
        app.UseProblems();
        app.MapOpenApi().AllowAnonymous();
        return app;
    }
}
