using LinkShort.Bench;

switch (args)
{
    case ["redirect", .. var options]:
        return await RedirectBenchmark.RunAsync(BenchmarkOptions.Parse(options));
    // The two below are started by the first, which tells them their addresses.
    case ["bare-api"]:
        await BareServers.RunApiAsync(Environment.GetEnvironmentVariable("BENCH_PORT")!);
        return 0;
    case ["bare-proxy"]:
        await BareServers.RunProxyAsync(Environment.GetEnvironmentVariable("BENCH_PORT")!, Environment.GetEnvironmentVariable("BENCH_DESTINATION")!);
        return 0;
    default:
        Console.Error.WriteLine("""
            Usage: redirect [--rounds N] [--seconds N]

            Measures redirects a second, direct and through the gateway, against a bare ASP.NET Core minimal API that answers a
            fixed 302 and a bare YARP in front of that. Needs wrk, PostgreSQL, Redis and RabbitMQ installed; uses loopback only.
            """);
        return 2;
}
