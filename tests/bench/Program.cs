using LinkShort.Bench;

switch (args)
{
    case ["redirect", .. var options]:
        return await RedirectBenchmark.RunAsync(BenchmarkOptions.Parse(options));
    case ["drain", .. var options]:
        return await DrainBenchmark.RunAsync(DrainOptions.Parse(options));
    // The redirect benchmark starts the two below with their addresses.
    case ["bare-api"]:
        await BareServers.RunApiAsync(Environment.GetEnvironmentVariable("BENCH_PORT")!);
        return 0;
    case ["bare-proxy"]:
        await BareServers.RunProxyAsync(Environment.GetEnvironmentVariable("BENCH_PORT")!, Environment.GetEnvironmentVariable("BENCH_DESTINATION")!);
        return 0;
    default:
        Console.Error.WriteLine("""
            Usage: redirect [--rounds N] [--seconds N] [--parts direct,gateway,unknown,half] [--report FILE]

            Measures redirects a second, direct and through the gateway, against a bare ASP.NET Core minimal API that answers a
            fixed 302, nginx that does, and a bare YARP in front of that API. Needs wrk, nginx, PostgreSQL, Redis and RabbitMQ
            installed; uses loopback only. The result is written as it stands in docs/benchmarks.md.

            Or: drain [--clicks N] [--rate N] [--rounds N] [--report FILE]

            Measures how fast a backlog of spooled clicks comes into analytics' raw store, and what that does to redirects' p99.
            """);
        return 2;
}
