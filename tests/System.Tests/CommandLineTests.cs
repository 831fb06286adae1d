using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LinkShort.Testing;

namespace LinkShort.SystemTests;

[Collection(nameof(SystemsOfTheirOwn))]
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CommandLineTests
{
    [Fact]
    public async Task Everything_survives_a_restart_and_nothing_is_left_running_after_stop_or_after_a_kill()
    {
        await using var linkshort = new CommandLine(fetchesCityData: true);
        var started = await linkshort.RunAsync("run --detach");
        started.ExitCode.ShouldBe(0, started.Output);
        started.Output.ShouldContain($"http://localhost:{linkshort.Port}");
        started.Output.ShouldContain("/login?t=");
        started.Output.ShouldContain("./linkshort stop");
        await DashboardIsClosedToStrangersAsync(started.Output);

        using var user = await LinkShortClient.SignUpAsync(linkshort.Gateway);
        var link = await user.CreateLinkAsync("https://example.com/kept");
        await FollowsAsync(linkshort, link);
        await Eventually.BecomesAsync(() => user.ClicksAsync(link.Id), clicks => clicks == 1);

        var second = await linkshort.RunAsync("run");
        second.ExitCode.ShouldNotBe(0);
        second.Output.ShouldContain("already running");

        // A service may have been degraded until it was connected to RabbitMQ, and is shown as that for a second longer.
        var status = await Eventually.BecomesAsync(() => linkshort.RunAsync("status"), current => !current.Output.Contains(" degraded ", StringComparison.Ordinal));
        status.ExitCode.ShouldBe(0, status.Output);
        foreach (var service in WholeSystem.Services)
        {
            status.Output.ShouldMatch($@"(?m)^{service}\s+Project\s+Running\s+healthy");
        }

        // The server's memory, not that of its parent shell.
        status.Output.ShouldMatch(@"(?m)^postgres\s+\S+\s+Running\s+healthy\s+0\s+\d{2,} MB");

        await ListsParkedMessagesAsync(linkshort);
        await SuspendsAsync(linkshort, await user.CreateLinkAsync("https://example.com/kept"));
        (await linkshort.RunAsync("logs links")).Output.ShouldNotBeEmpty();
        (await linkshort.RunAsync("logs nobody")).Output.ShouldContain("there is no log of 'nobody'");
        (await linkshort.RunAsync("reset")).Output.ShouldContain("Stop it first");

        (await linkshort.RunAsync("stop")).ExitCode.ShouldBe(0);
        linkshort.Processes().ShouldBeEmpty();
        (await linkshort.RunAsync("status")).ExitCode.ShouldNotBe(0);
        OpenToOthers(linkshort.Data).ShouldBeEmpty("logs hold the dashboard's token, mails links that reset passwords, the spool visitors' addresses");

        var again = await linkshort.RunAsync("run --detach");
        again.ExitCode.ShouldBe(0, again.Output);
        await user.SignInAsync();
        (await user.ClicksAsync(link.Id)).ShouldBe(1);
        await FollowsAsync(linkshort, link);
        await Eventually.BecomesAsync(() => user.ClicksAsync(link.Id), clicks => clicks == 2);

        // Killed without a chance to clean up, which the orchestrator does.
        var appHost = linkshort.Processes().Single(process => process.Contains("AppHost.dll", StringComparison.Ordinal));
        Process.GetProcessById(int.Parse(appHost.Split(' ')[0], CultureInfo.InvariantCulture)).Kill();
        await Eventually.PassesAsync(() =>
        {
            linkshort.Processes().ShouldBeEmpty();
            return Task.CompletedTask;
        });

        (await linkshort.RunAsync("reset")).Output.ShouldContain("Nothing was deleted");
        Directory.Exists(linkshort.Data).ShouldBeTrue();
        (await linkshort.RunAsync("reset --yes")).ExitCode.ShouldBe(0);
        Directory.Exists(linkshort.Data).ShouldBeFalse();
        Directory.CreateDirectory(linkshort.Data);
    }

    /// <summary>Files and folders that other users of the machine can read or change. Servers guard what is in their own folders.</summary>
    private static IEnumerable<string> OpenToOthers(string folder)
    {
        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(entry => entry.LinkTarget is null))
        {
            if ((entry.UnixFileMode & others) != 0)
            {
                yield return $"{entry.UnixFileMode} {entry.FullName}";
            }

            if (entry is DirectoryInfo inner && inner.Name is not ("postgres" or "cache" or "messaging"))
            {
                foreach (var found in OpenToOthers(inner.FullName))
                {
                    yield return found;
                }
            }
        }
    }

    [Fact]
    public async Task Reset_removes_the_volumes_of_containers_and_keeps_the_data_folder_while_it_cannot()
    {
        await using var linkshort = new CommandLine();
        var engine = Directory.CreateDirectory(Path.Combine(linkshort.Data, "engine")).FullName;
        var removed = Path.Combine(Path.GetTempPath(), $"removed-{Guid.NewGuid():N}");
        foreach (var (name, script) in new[]
        {
            ("docker", $"#!/bin/sh\n[ \"$1\" != version ] || exit $ENGINE_DOWN\n[ \"$2\" != rm ] || {{ [ $BUSY = 0 ] && echo \"$3\" >>{removed}; exit $BUSY; }}\n"),
            ("podman", "#!/bin/sh\nexit 1\n"),
        })
        {
            await File.WriteAllTextAsync(Path.Combine(engine, name), script);
            File.SetUnixFileMode(Path.Combine(engine, name), (UnixFileMode)0b111_000_000);
        }

        await File.WriteAllTextAsync(Path.Combine(linkshort.Data, "lock"), "");
        await File.WriteAllTextAsync(Path.Combine(linkshort.Data, "volumes"), "linkshort-0123456789-postgres\nlinkshort-0123456789-cache\n");

        (await ResetAsync(down: 1, busy: 0)).ShouldBe((1, "neither docker nor podman responds"));
        (await ResetAsync(down: 0, busy: 1)).ShouldBe((1, "the volume linkshort-0123456789-postgres could not be removed"));
        File.Exists(removed).ShouldBeFalse();
        Directory.Exists(linkshort.Data).ShouldBeTrue();
        (await ResetAsync(down: 0, busy: 0)).ShouldBe((0, "Deleted."));
        (await File.ReadAllLinesAsync(removed)).ShouldBe(["linkshort-0123456789-postgres", "linkshort-0123456789-cache"]);
        Directory.Exists(linkshort.Data).ShouldBeFalse();
        Directory.CreateDirectory(linkshort.Data);
        File.Delete(removed);

        async Task<(int ExitCode, string? Said)> ResetAsync(int down, int busy)
        {
            var (exitCode, output) = await linkshort.RunAsync(
                "reset --yes", ("PATH", $"{engine}:{Environment.GetEnvironmentVariable("PATH")}"), ("ENGINE_DOWN", $"{down}"), ("BUSY", $"{busy}"));
            string[] sentences = ["neither docker nor podman responds", "the volume linkshort-0123456789-postgres could not be removed", "Deleted."];
            return (exitCode, sentences.FirstOrDefault(output.Contains) ?? output);
        }
    }

    [Fact]
    public async Task A_taken_port_is_one_clear_line_and_nothing_is_started()
    {
        await using var linkshort = new CommandLine();
        using var taken = new TcpListener(IPAddress.Loopback, linkshort.Port);
        taken.Start();

        var run = await linkshort.RunAsync("run");

        run.ExitCode.ShouldNotBe(0);
        var complaint = run.Output.Split('\n').Where(line => line.StartsWith("linkshort:", StringComparison.Ordinal)).ShouldHaveSingleItem();
        complaint.ShouldContain(linkshort.Port.ToString(CultureInfo.InvariantCulture));
        complaint.ShouldContain("LINKSHORT_PORT");
        linkshort.Processes().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_invalid_setting_ends_the_start_with_its_key_and_the_fix()
    {
        await using var linkshort = new CommandLine();

        var run = await linkshort.RunAsync("run", ("Identity__PasswordHashIterations", "many"));

        run.ExitCode.ShouldNotBe(0);
        var complaint = run.Output.Split('\n').Where(line => line.StartsWith("linkshort:", StringComparison.Ordinal)).ShouldHaveSingleItem(run.Output);
        complaint.ShouldContain("Setting Identity__PasswordHashIterations is 'many'. Set it to a whole number");
        run.Output.ShouldNotContain("is ready after");
        await Eventually.PassesAsync(() =>
        {
            linkshort.Processes().ShouldBeEmpty();
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_data_folder_that_is_a_file_is_one_clear_line()
    {
        await using var linkshort = new CommandLine(fetchesCityData: true);
        var file = Path.Combine(linkshort.Data, "file");
        await File.WriteAllTextAsync(file, "");

        var run = await linkshort.RunAsync("run", ("LINKSHORT_DATA", file));

        run.ExitCode.ShouldNotBe(0);
        run.Output.ShouldContain("LINKSHORT_DATA");
        run.Output.ShouldNotContain("   at ", customMessage: "a stack trace is no message for people");
    }

    [Fact]
    public async Task A_missing_SDK_is_one_clear_line()
    {
        await using var linkshort = new CommandLine();

        var run = await linkshort.RunAsync("run", ("PATH", FewTools(linkshort)));

        run.ExitCode.ShouldNotBe(0);
        run.Output.ShouldContain("the .NET 10 SDK is missing");
    }

    /// <summary>On a machine with a container engine, and without Redis and curl.</summary>
    [Theory]
    [InlineData("", null, false)]
    [InlineData("", "native", true)]
    [InlineData("native", "containers", true)]
    [InlineData("containers", null, false)]
    [InlineData("external", null, false)]
    public async Task Servers_packages_are_asked_for_only_where_the_servers_are_native(string setting, string? lastUsed, bool isAsked)
    {
        await using var linkshort = new CommandLine();
        var tools = FewTools(linkshort, "id", "sort", "timeout");
        var dotnet = Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, "dotnet")).First(File.Exists);
        File.CreateSymbolicLink(Path.Combine(tools, "dotnet"), dotnet);
        await File.WriteAllTextAsync(Path.Combine(tools, "docker"), "#!/bin/bash\nexit 0\n");
        File.SetUnixFileMode(Path.Combine(tools, "docker"), (UnixFileMode)0b111_000_000);
        if (lastUsed is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(linkshort.Data, "installation.json"), $"{{\n  \"id\": \"0123456789\",\n  \"servers\": \"{lastUsed}\"\n}}\n");
        }

        var run = await linkshort.RunAsync("run", ("PATH", tools), ("LINKSHORT_SERVERS", setting));

        run.ExitCode.ShouldBe(1, run.Output);
        var line = run.Output.Split('\n').Where(line => line.StartsWith("linkshort: missing: ", StringComparison.Ordinal)).ShouldHaveSingleItem(run.Output);
        line.ShouldContain("curl");
        line.Contains("redis-server", StringComparison.Ordinal).ShouldBe(isAsked, line);
    }

    /// <summary>A folder for PATH with only these tools besides the most common ones.</summary>
    private static string FewTools(CommandLine linkshort, params string[] more)
    {
        var folder = Directory.CreateDirectory(Path.Combine(linkshort.Data, "bin")).FullName;
        foreach (var tool in (string[])["bash", "dirname", "sed", "head", "grep", "tr", "cut", "paste", .. more])
        {
            File.CreateSymbolicLink(Path.Combine(folder, tool), $"/usr/bin/{tool}");
        }

        return folder;
    }

    private static async Task SuspendsAsync(CommandLine linkshort, Link link)
    {
        await FollowsAsync(linkshort, link);
        var suspended = await linkshort.RunAsync($"suspend link {link.ShortUrl} --reason phishing");
        suspended.ExitCode.ShouldBe(0, suspended.Output);
        suspended.Output.ShouldContain(link.Id.ToString());
        await Eventually.PassesAsync(async () =>
        {
            using var answer = await LinkShortClient.FollowAsync(linkshort.Gateway, link.Code);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            (await answer.Content.ReadAsStringAsync()).ShouldContain("suspended");
        });
        (await linkshort.RunAsync("suspensions")).Output.ShouldMatch($@"(?m)^link\s+{link.Id}\s.*phishing");

        (await linkshort.RunAsync($"unsuspend link {link.Code}")).ExitCode.ShouldBe(0);
        await FollowsAsync(linkshort, link);
        var again = await linkshort.RunAsync($"unsuspend link {link.Code}");
        again.ExitCode.ShouldNotBe(0);
        again.Output.ShouldContain("not suspended");
        (await linkshort.RunAsync("suspend host com")).Output.ShouldContain("Must be a host such as evil.example");
        (await linkshort.RunAsync("suspend planet mars")).Output.ShouldContain("not one of: link, workspace, host");
    }

    private static async Task ListsParkedMessagesAsync(CommandLine linkshort)
    {
        var parked = await linkshort.RunAsync("parked");
        parked.ExitCode.ShouldBe(0, parked.Output);
        parked.Output.ShouldMatch("^QUEUE +ID +TYPE +SINCE +TRACE +REASON\\s*$");
        (await linkshort.RunAsync("parked retry")).Output.ShouldContain("Put back: 0");
        (await linkshort.RunAsync("parked retry links-nonsense")).Output.ShouldContain("This service has no queue");
        (await linkshort.RunAsync("parked drop")).Output.ShouldContain("say which queue");
    }

    /// <summary>The login link opens the dashboard; without its token there is only the login page. It listens on loopback.</summary>
    private static async Task DashboardIsClosedToStrangersAsync(string output)
    {
        var link = new Uri(output.Split(' ', '\n').Single(word => word.Contains("/login?t=", StringComparison.Ordinal)));
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false });
        foreach (var path in (string[])["/", "/traces", "/consolelogs"])
        {
            using var stranger = await http.GetAsync(new Uri(link, path));
            stranger.StatusCode.ShouldBe(HttpStatusCode.Redirect);
            stranger.Headers.Location!.ToString().ShouldContain("/login");
        }

        using var wrong = await http.GetAsync(new Uri(link, "/login?t=wrong"));
        wrong.Headers.Contains("Set-Cookie").ShouldBeFalse();
        using var operators = await http.GetAsync(link);
        operators.Headers.GetValues("Set-Cookie").ShouldContain(cookie => cookie.Contains("httponly", StringComparison.OrdinalIgnoreCase));

        var port = link.Port.ToString("X4", CultureInfo.InvariantCulture);
        var listening = File.ReadLines("/proc/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 3 && fields[3] == "0A" && fields[1].EndsWith($":{port}", StringComparison.Ordinal)).ToList();
        listening.ShouldNotBeEmpty();
        listening.ShouldAllBe(fields => fields[1].StartsWith("0100007F:", StringComparison.Ordinal));
    }

    private static Task FollowsAsync(CommandLine linkshort, Link link) => Eventually.PassesAsync(async () =>
    {
        using var answer = await LinkShortClient.FollowAsync(linkshort.Gateway, link.Code);
        LinkShortClient.Location(answer).ShouldBe("https://example.com/kept");
    });
}
