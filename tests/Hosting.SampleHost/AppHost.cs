using System.Globalization;

var builder = DistributedApplication.CreateBuilder(args);

var postgres = builder.AddPostgres("postgres");
var notes = postgres.AddDatabase("notesdb");
var cache = builder.AddRedis("cache").WithPersistence();
var secret = builder.AddParameter("shared-secret", new GenerateParameterDefault { MinLength = 32, Special = false }, secret: true, persist: true);
var greeting = builder.AddParameter("greeting", "hello");

var back = builder.AddProject<Projects.LinkShort_Hosting_SampleService>("back")
    .WithHttpHealthCheck("/health")
    .WithReference(notes).WaitFor(notes)
    .WithReference(cache, connectionName: "shared-cache").WaitFor(cache)
    .WithEnvironment("SHARED_SECRET", secret)
    .WithEnvironment("GREETING", greeting)
    .WithEnvironment("LINKSHORT_DATA", builder.Configuration["LINKSHORT_DATA"]);

// It is the slowest to start and to stop: most tests do without.
if (builder.Configuration["SAMPLE_BROKER"] == "yes")
{
    var messaging = builder.AddRabbitMQ("messaging").WithManagementPlugin();
    back.WithReference(messaging).WaitFor(messaging);
}

builder.AddProject<Projects.LinkShort_Hosting_SampleService>("front-door")
    .WithEndpoint("http", endpoint => endpoint.Port = int.Parse(builder.Configuration["SAMPLE_PORT"] ?? "8099", CultureInfo.InvariantCulture))
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health")
    .WithArgs("--name", "front")
    .WithReference(back).WaitFor(back)
    .WithEnvironment("BACK_PATH", ReferenceExpression.Create($"{back.GetEndpoint("http")}/path"))
    .WithEnvironment("LINKSHORT_DATA", builder.Configuration["LINKSHORT_DATA"]);

builder.Build().Run();
