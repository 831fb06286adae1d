using System.Collections;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
var app = builder.Build();
var isWell = true;

app.MapGet("/health", () => isWell ? Results.Ok() : Results.Text("feeling ill", statusCode: StatusCodes.Status503ServiceUnavailable));
app.MapPost("/ill", () => { isWell = false; });
app.MapGet("/process", () => Environment.ProcessId);
app.MapGet("/arguments", () => args);
app.MapGet("/environment", () => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value));
app.Lifetime.ApplicationStopping.Register(() => Console.WriteLine("stopping in order"));
app.Run();
