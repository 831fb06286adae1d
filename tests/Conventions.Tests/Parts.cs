using System.Reflection;
using LinkShort.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// A service as its Program.cs builds it, with settings like those of AppHost, but without servers: hosted services (migrations, the bus) are
/// removed, so that its endpoints and registrations can be checked.
/// </summary>
internal sealed class Part : IDisposable
{
    private readonly IDisposable _factory;

    private Part(string name, IDisposable factory, IServiceProvider services, IReadOnlyList<ServiceDescriptor> registrations)
    {
        Name = name;
        _factory = factory;
        Services = services;
        Registrations = registrations;
    }

    /// <summary>Every part that serves HTTP: the folders with a Program.cs.</summary>
    public static IEnumerable<string> Names => Repository.Code
        .Where(source => source.Path.EndsWith("/Program.cs", StringComparison.Ordinal) && source.Part is not ("hosting" or "AppHost"))
        .Select(source => source.Part == "gateway" ? "LinkShort.Gateway" : $"LinkShort.{source.Part.Split('/')[1]}");

    public string Name { get; }

    public IServiceProvider Services { get; }

    public IReadOnlyList<ServiceDescriptor> Registrations { get; }

    public IEnumerable<RouteEndpoint> Endpoints =>
        Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    public static IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>
    {
        ["Internal:Key"] = "internal-key-of-the-conventions-0123456789",
        ["ConnectionStrings:cache"] = "127.0.0.1:9",
        ["ConnectionStrings:messaging"] = "amqp://u:p@127.0.0.1:9",
        ["ConnectionStrings:identitydb"] = "Host=127.0.0.1;Port=9;Username=u;Password=p;Database=d",
        ["ConnectionStrings:linksdb"] = "Host=127.0.0.1;Port=9;Username=u;Password=p;Database=d",
        ["ConnectionStrings:redirectdb"] = "Host=127.0.0.1;Port=9;Username=u;Password=p;Database=d",
        ["ConnectionStrings:analyticsdb"] = "Host=127.0.0.1;Port=9;Username=u;Password=p;Database=d",
        ["ConnectionStrings:billingdb"] = "Host=127.0.0.1;Port=9;Username=u;Password=p;Database=d",
        ["ConnectionStrings:notificationdb"] = "Host=127.0.0.1;Port=9;Username=u;Password=p;Database=d",
        ["LINKSHORT_DATA"] = Path.Combine(Path.GetTempPath(), $"linkshort-conventions-{Environment.ProcessId}"),
    };

    public static Part Build(string name, IReadOnlyDictionary<string, string> settings)
    {
        var program = Assembly.Load(name).EntryPoint!.DeclaringType!;
        var method = typeof(Part).GetMethod(nameof(BuildAs), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(program);
        return (Part)method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [name, settings], null)!;
    }

    public void Dispose() => _factory.Dispose();

    private static Part BuildAs<TProgram>(string name, IReadOnlyDictionary<string, string> settings) where TProgram : class
    {
        var factory = new Factory<TProgram>(settings);
        try
        {
            return new Part(name, factory, factory.Services, factory.Registrations);
        }
        catch
        {
            factory.Dispose();
            throw;
        }
    }

    private sealed class Factory<TProgram>(IReadOnlyDictionary<string, string> settings) : ProgramFactory<TProgram> where TProgram : class
    {
        public IReadOnlyList<ServiceDescriptor> Registrations { get; private set; } = [];

        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            base.ConfigureWebHost(builder);
            foreach (var (key, value) in settings)
            {
                builder.UseSetting(key, value);
            }

            builder.ConfigureTestServices(services =>
            {
                Registrations = [.. services];
                foreach (var background in services
                    .Where(service => service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Name != "GenericWebHostService")
                    .ToList())
                {
                    services.Remove(background);
                }
            });
        }
    }
}
