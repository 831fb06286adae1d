namespace LinkShort.Hosting.Tests;

/// <summary>A folder for PATH with a <c>docker</c> that answers like one with an engine, or like one without, and a <c>podman</c> without.</summary>
internal static class FakeEngine
{
    public static string PathWith(string folder, bool answers)
    {
        Directory.CreateDirectory(folder);
        foreach (var (program, exitCode) in new[] { ("docker", answers ? 0 : 1), ("podman", 1) })
        {
            var file = Path.Combine(folder, program);
            File.WriteAllText(file, $"#!/bin/sh\necho 28.2.2\nexit {exitCode}\n");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";
    }
}
