using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.RegularExpressions;

namespace LinkShort.Hosting.Tests;

/// <summary>What the engine does with the model, on the sample service and small shell programs.</summary>
public sealed partial class EngineTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _limit = new(Limit);

    private CancellationToken Token => _limit.Token;

    public void Dispose() => _limit.Dispose();

    [Fact]
    public async Task A_project_gets_the_environment_that_Aspire_gives_it_to_the_letter()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.LinkShort_Hosting_SampleHost>(["--SAMPLE_BROKER=yes"], Token);
        builder.Configuration["ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL"] = "http://localhost:4318";
        builder.Configuration["AppHost:OtlpApiKey"] = "otlp-key";
        builder.CreateResourceBuilder<ProjectResource>("back").WithReplicas(2).WithEnvironment("FROM_THE_TEST", "yes");
        await using var app = await builder.BuildAsync(Token);
        await app.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("front-door", Token);

        var replicas = app.GetReplicaEndpoints("back");
        using var client = new HttpClient();
        var back = (await client.GetFromJsonAsync<Dictionary<string, string>>(new Uri(replicas[0], "/environment"), Token))!;
        back["ConnectionStrings__notesdb"].ShouldMatch(@"^Host=127\.0\.0\.1;Port=\d+;Username=postgres;Password=[A-Za-z0-9]{22,};Database=notesdb$");
        back["ConnectionStrings__notesdb"].ShouldBe(await app.GetConnectionStringAsync("notesdb", Token));
        back["ConnectionStrings__shared-cache"].ShouldMatch(@"^127\.0\.0\.1:\d+,password=[A-Za-z0-9]{22,}$");
        back["ConnectionStrings__messaging"].ShouldMatch(@"^amqp://guest:[A-Za-z0-9]{22,}@127\.0\.0\.1:\d+$");
        back["SHARED_SECRET"].Length.ShouldBe(32);
        back["GREETING"].ShouldBe("hello");
        back["FROM_THE_TEST"].ShouldBe("yes");
        back["FROM_LAUNCH_SETTINGS"].ShouldBe("yes");
        back["ASPNETCORE_URLS"].ShouldBe($"http://localhost:{replicas[0].Port}");
        back["OTEL_EXPORTER_OTLP_ENDPOINT"].ShouldBe("http://localhost:4318");
        back["OTEL_EXPORTER_OTLP_PROTOCOL"].ShouldBe("http/protobuf");
        back["OTEL_EXPORTER_OTLP_HEADERS"].ShouldBe("x-otlp-api-key=otlp-key");
        back["OTEL_SERVICE_NAME"].ShouldBe("back");
        back["OTEL_RESOURCE_ATTRIBUTES"].ShouldBe("service.instance.id=back-1");
        back["OTEL_BSP_SCHEDULE_DELAY"].ShouldBe("1000");
        back["OTEL_BLRP_SCHEDULE_DELAY"].ShouldBe("1000");
        back["OTEL_METRIC_EXPORT_INTERVAL"].ShouldBe("1000");
        back["ASPNETCORE_ENVIRONMENT"].ShouldBe("Development");
        back["LINKSHORT_DATA"].ShouldBe(app.GetDataDirectory());

        var front = (await client.GetFromJsonAsync<Dictionary<string, string>>(new Uri(app.GetEndpoint("front-door"), "/environment"), Token))!;
        front["services__back__http__0"].ShouldBe(Text(replicas[0]));
        front["services__back__http__1"].ShouldBe(Text(replicas[1]));
        front["BACK_HTTP"].ShouldBe(Text(app.GetEndpoint("back")));
        front["BACK_PATH"].ShouldBe($"{Text(app.GetEndpoint("back"))}/path");
        front.ShouldNotContainKey("ConnectionStrings__notesdb");
        (await client.GetFromJsonAsync<string[]>(new Uri(app.GetEndpoint("front-door"), "/arguments"), Token)).ShouldBe(["--name", "front"]);

        // A fixed port is only for runs by people.
        app.GetEndpoint("front-door").Port.ShouldNotBe(8099);
        app.ResourceNotifications.TryGetCurrentState("back-1", out var state).ShouldBeTrue();
        var variables = state!.Snapshot.EnvironmentVariables.ToDictionary(variable => variable.Name);
        variables["ConnectionStrings__notesdb"].IsSecret.ShouldBeTrue();
        variables["ConnectionStrings__shared-cache"].IsSecret.ShouldBeTrue();
        variables["SHARED_SECRET"].IsSecret.ShouldBeTrue();
        variables["GREETING"].IsSecret.ShouldBeFalse();
        variables["PATH"].IsFromSpec.ShouldBeFalse();
    }

    [Fact]
    public async Task Replicas_share_their_public_port_and_a_killed_one_is_missed_by_nobody_and_back_soon()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddProject<Projects.LinkShort_Hosting_SampleService>("twins").WithReplicas(2).WithHttpHealthCheck("/health");
        await using var app = await builder.BuildAsync(Token);
        await app.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("twins", Token);
        var processes = app.GetProcessIds("twins");
        processes.Count.ShouldBe(2);
        (await AnswersAsync(app, 20)).ShouldBe(processes, ignoreOrder: true);

        var killed = app.Kill("twins-1").ShouldHaveSingleItem();
        var clock = Stopwatch.StartNew();
        // What was accepted by the dying process is lost with it; from its end on nothing is.
        await app.ResourceNotifications.WaitForResourceAsync("twins-1", change => change.Snapshot.ProcessId != killed, Token);
        var answered = await AnswersAsync(app, 20);
        answered.ShouldContain(processes.Single(id => id != killed));
        answered.ShouldNotContain(killed);
        await app.ResourceNotifications.WaitForResourceAsync("twins-1", change => change.Snapshot.Restarts == 1, Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("twins", Token);
        output.WriteLine($"back after {clock.Elapsed.TotalSeconds:F1} s");
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15));
        (await AnswersAsync(app, 20)).ShouldBe(app.GetProcessIds("twins"), ignoreOrder: true);
        app.ResourceNotifications.TryGetCurrentState("twins-2", out var other).ShouldBeTrue();
        other!.Snapshot.Restarts.ShouldBe(0);
    }

    [Fact]
    public async Task Health_decides_who_may_start_and_is_seen_to_fall()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var early = builder.AddProject<Projects.LinkShort_Hosting_SampleService>("early").WithHttpHealthCheck("/health");
        builder.AddExecutable("late", "sleep", ".", "600").WaitFor(early);
        await using var app = await builder.BuildAsync(Token);
        var runsWithHealthUnknown = app.ResourceNotifications.WaitForResourceAsync(
            "early",
            change => change.Snapshot is { State.Text: KnownResourceStates.Running, HealthStatus: null },
            Token);
        await app.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceAsync("late", KnownResourceStates.Waiting, Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("late", Token);
        app.ResourceNotifications.TryGetCurrentState("early", out var first).ShouldBeTrue();
        app.ResourceNotifications.TryGetCurrentState("late", out var second).ShouldBeTrue();
        second!.Snapshot.StartTimeStamp!.Value.ShouldBeGreaterThanOrEqualTo(first!.Snapshot.HealthSince!.Value);
        runsWithHealthUnknown.IsCompleted.ShouldBeFalse("it was taken for ready before it was asked");

        using var client = app.CreateHttpClient("early");
        (await client.PostAsync("/ill", null, Token)).EnsureSuccessStatusCode();
        var fallen = await app.ResourceNotifications.WaitForResourceAsync("early", change => change.Snapshot.HealthStatus == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy, Token);
        var report = fallen.Snapshot.HealthReports.ShouldHaveSingleItem();
        report.Name.ShouldBe("early_http_/health_200_check");
        report.Description!.ShouldContain("answered 503, expected 200: feeling ill");
        fallen.Snapshot.State!.Text.ShouldBe(KnownResourceStates.Running);
        fallen.Snapshot.HealthSince!.Value.ShouldBeGreaterThan(first.Snapshot.HealthSince!.Value);
    }

    [Fact]
    public async Task A_program_that_keeps_dying_is_tried_again_less_and_less_often_and_its_last_words_are_told()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("dying", "sh", ".", "-c", "echo out of luck; exit 7");
        await using var app = await builder.BuildAsync(Token);
        var starts = new List<DateTimeOffset>();
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watch = Task.Run(async () =>
        {
            await foreach (var change in app.ResourceNotifications.WatchAsync(watching.Token))
            {
                if (change.Snapshot is { State.Text: KnownResourceStates.Running, StartTimeStamp: { } at } && !starts.Contains(at))
                {
                    starts.Add(at);
                }
                else if (change.Snapshot.State?.Text == KnownResourceStates.FailedToStart)
                {
                    return change.Snapshot;
                }
            }

            throw new InvalidOperationException("never");
        }, Token);
        await app.StartAsync(Token);
        var failure = await Should.ThrowAsync<DistributedApplicationException>(() => app.ResourceNotifications.WaitForResourceAsync("dying", KnownResourceStates.FailedToStart, Token)
            .ContinueWith(_ => app.ResourceNotifications.WaitForResourceHealthyAsync("dying", Token), TaskScheduler.Default).Unwrap());
        failure.Message.ShouldContain("out of luck");
        failure.Message.ShouldContain("exit code 7");
        var last = await watch;
        last.ExitCode.ShouldBe(7);
        last.Restarts.ShouldBe(starts.Count - 1);
        starts.Count.ShouldBeGreaterThan(2);
        var pauses = starts.Zip(starts.Skip(1), (before, after) => after - before).ToList();
        pauses[0].ShouldBeLessThan(TimeSpan.FromSeconds(1));
        pauses[^1].ShouldBeGreaterThan(pauses[0]);
    }

    [Fact]
    public async Task Waiting_for_completion_asks_for_the_exit_code()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var good = builder.AddExecutable("good", "true", ".");
        var bad = builder.AddExecutable("bad", "false", ".");
        builder.AddExecutable("after-good", "sleep", ".", "600").WaitForCompletion(good);
        builder.AddExecutable("after-bad", "sleep", ".", "600").WaitForCompletion(bad);
        await using var app = await builder.BuildAsync(Token);
        await app.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("after-good", Token);
        await app.ResourceNotifications.WaitForResourceAsync("good", KnownResourceStates.Finished, Token);
        var failure = await app.ResourceNotifications.WaitForResourceAsync("after-bad", change => change.Snapshot.State?.Text == KnownResourceStates.FailedToStart, Token);
        failure.Snapshot.ProcessId.ShouldBeNull();
        app.GetConsoleLines("after-bad").ShouldContain(line => line.Contains("'bad', which it waited for, ended with exit code 1 instead of 0"));
    }

    [Fact]
    public async Task Operators_start_stop_restart_and_run_commands_of_the_model()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var asked = new List<string>();
        builder.AddExecutable("sleeper", "sleep", ".", "600").WithExplicitStart().WithCommand("poke", "Poke", context =>
        {
            asked.Add(context.ResourceName);
            return Task.FromResult(CommandResults.Success());
        });
        await using var app = await builder.BuildAsync(Token);
        await app.StartAsync(Token);
        State().ShouldBe(KnownResourceStates.NotStarted);
        Offered().ShouldBe([KnownResourceCommands.StartCommand, "poke"]);

        (await app.ResourceCommands.ExecuteCommandAsync("sleeper", KnownResourceCommands.StartCommand, Token)).Success.ShouldBeTrue();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", Token);
        var first = app.GetProcessIds("sleeper").ShouldHaveSingleItem();
        Offered().ShouldBe([KnownResourceCommands.StopCommand, KnownResourceCommands.RestartCommand, "poke"]);

        (await app.ResourceCommands.ExecuteCommandAsync("sleeper", KnownResourceCommands.RestartCommand, Token)).Success.ShouldBeTrue();
        await app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper", Token);
        app.GetProcessIds("sleeper").ShouldHaveSingleItem().ShouldNotBe(first);
        Directory.Exists($"/proc/{first}").ShouldBeFalse();

        await app.StopResourceAsync("sleeper", Token);
        State().ShouldBe(KnownResourceStates.Exited);
        app.GetProcessIds("sleeper").ShouldBeEmpty();

        (await app.ResourceCommands.ExecuteCommandAsync("sleeper", "poke", Token)).Success.ShouldBeTrue();
        asked.ShouldBe(["sleeper"]);
        (await app.ResourceCommands.ExecuteCommandAsync("sleeper", "tickle", Token)).Message!.ShouldContain("has no command 'tickle'");
        await Should.ThrowAsync<DistributedApplicationException>(() => app.ResourceCommands.ExecuteCommandAsync("nobody", "poke", Token));

        string? State() => app.ResourceNotifications.TryGetCurrentState("sleeper", out var current) ? current.Snapshot.State?.Text : null;
        IEnumerable<string> Offered() => app.ResourceNotifications.TryGetCurrentState("sleeper", out var current)
            ? current.Snapshot.Commands.Where(command => command.State == ResourceCommandState.Enabled).Select(command => command.Name)
            : [];
    }

    [Fact]
    public async Task A_grandchild_in_a_session_of_its_own_ends_with_the_application()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddExecutable("parent", "sh", ".", "-c", "setsid sleep 600 & echo child $!; wait; sleep 600");
        var app = await builder.BuildAsync(Token);
        int child;
        await using (app)
        {
            await app.StartAsync(Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("parent", Token);
            Match match;
            while (!(match = ChildLine().Match(string.Join('\n', app.GetConsoleLines("parent")))).Success)
            {
                await Task.Delay(20, Token);
            }

            child = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
            IsAlive(child).ShouldBeTrue();
        }

        IsAlive(child).ShouldBeFalse();

        // A process that has ended and waits to be collected by init has no command line any more.
        static bool IsAlive(int id) => File.Exists($"/proc/{id}/cmdline") && File.ReadAllText($"/proc/{id}/cmdline").Length > 0;
    }

    [Fact]
    public async Task A_parameter_without_a_value_stops_the_start_with_its_key()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddParameter("api-key", secret: true);
        builder.AddExecutable("idle", "sleep", ".", "600");
        await using var app = await builder.BuildAsync(Token);
        var failure = await Should.ThrowAsync<DistributedApplicationException>(() => app.StartAsync(Token));
        failure.Message.ShouldContain("Parameters:api-key");
        Directory.Exists(app.GetDataDirectory()).ShouldBeFalse();
    }

    private static string Text(Uri uri) => uri.GetLeftPart(UriPartial.Authority);

    private static async Task<IReadOnlyCollection<int>> AnswersAsync(DistributedApplication app, int requests)
    {
        var processes = new HashSet<int>();
        for (var i = 0; i < requests; i++)
        {
            // A new connection each: connections are what is shared out.
            using var client = app.CreateHttpClient("twins");
            processes.Add(await client.GetFromJsonAsync<int>("/process"));
        }

        return processes;
    }

    [GeneratedRegex(@"child (\d+)")]
    private static partial Regex ChildLine();
}
