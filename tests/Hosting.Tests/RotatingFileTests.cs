namespace LinkShort.Hosting.Tests;

public sealed class RotatingFileTests : IDisposable
{
    private readonly string _folder = HostProcess.NewDataDirectory();

    private string Log => Path.Combine(_folder, "links.log");

    public void Dispose() => HostProcess.Remove(_folder);

    [Fact]
    public async Task A_log_that_grew_becomes_the_former_one_while_it_is_written()
    {
        Directory.CreateDirectory(_folder);
        await using var file = new RotatingFile(Log, maxBytes: 20);
        await file.WriteAsync(["first, longer than twenty"]);
        await file.WriteAsync(["second"]);
        (await File.ReadAllTextAsync(Log + ".1")).ShouldBe("first, longer than twenty\n");
        (await File.ReadAllTextAsync(Log)).ShouldBe("second\n");

        await file.WriteAsync(["third, longer than twenty"]);
        (await File.ReadAllTextAsync(Log + ".1")).ShouldBe("second\nthird, longer than twenty\n");
        (await File.ReadAllTextAsync(Log)).ShouldBeEmpty();
        File.GetUnixFileMode(Log).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task After_a_failure_later_lines_are_written()
    {
        await using var file = new RotatingFile(Log, maxBytes: 1000);
        await file.WriteAsync(["lost: there is no folder"]);
        Directory.CreateDirectory(_folder);
        await file.WriteAsync(["kept"]);
        (await File.ReadAllTextAsync(Log)).ShouldBe("kept\n");
    }
}
