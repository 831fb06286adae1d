using System.Diagnostics;
using System.Globalization;
using BenchmarkDotNet.Attributes;
using LinkShort.Redirect;
using LinkShort.Redirect.Answers;
using LinkShort.Redirect.Routing;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Testing;
using LinkShort.Visitors.Geography;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using NSubstitute;
using StackExchange.Redis;

namespace LinkShort.RedirectCosts.Tests;

/// <summary>
/// The fast path of a redirect, with the service's composition, a real spool, and city data that includes the visitor's address. Nothing else
/// is started, so nothing else allocates. Uses 10,000 codes in turn, so that results don't depend on the processor's caches.
/// </summary>
[MemoryDiagnoser]
public class RedirectPath
{
    public const int Codes = 10_000;

    private readonly VisitorRequest _known = new();
    private readonly VisitorRequest _unknown = new();
    private readonly VisitorRequest _traced = new();
    private static ActivityListener? _collector;
    private string[] _targets = [];
    private int _next;
    private WebApplication _app = null!;
    private string _data = null!;
    private Redirector _redirector = null!;
    private LookupBudget _budget = null!;

    [GlobalSetup]
    public void Start()
    {
        _data = Directory.CreateTempSubdirectory("redirect-costs-").FullName;
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:redirectdb"] = "Host=127.0.0.1;Port=9;Database=redirectdb;Username=nobody;Password=none",
            ["ConnectionStrings:cache"] = "127.0.0.1:9",
            ["ConnectionStrings:messaging"] = "amqp://nobody:none@127.0.0.1:9/",
            ["services:identity:http:0"] = "http://127.0.0.1:9",
            ["Internal:Key"] = "internal-key-of-the-cost-tests-0123456789",
            ["LINKSHORT_DATA"] = _data,
            // Requests are counted, but not refused.
            ["Redirect:UnknownCodesPermitLimit"] = "65535",
            ["Redirect:UnknownCodesWindowSeconds"] = "1",
            ["Redirect:UnknownLookupsPerSecond"] = "1",
            ["Redirect:UnknownLookupsBurst"] = "1",
        });
        builder.AddServiceDefaults();
        builder.AddHttpDefaults();
        builder.AddTokenAuthentication();
        builder.AddRedirect();
        builder.Services.AddSingleton(Substitute.For<IConnectionMultiplexer>());
        _app = builder.Build();
        var cities = Directory.CreateDirectory(Path.Combine(_data, "geoip")).FullName;
        File.WriteAllBytes(
            Path.Combine(cities, "dbip-city-ipv4.mmdb"), new MmdbWriter().With("203.0.113.0/24", MmdbWriter.Place("GB", "England", "London")).ToArray());
        _app.Services.GetRequiredService<Places>().StartAsync(CancellationToken.None).GetAwaiter().GetResult();

        var cache = _app.Services.GetRequiredService<RouteCache>();
        var filter = _app.Services.GetRequiredService<CodeFilter>();
        filter.Distrust();
        var epoch = filter.BeginLoad(Codes);
        for (var i = 0; i < Codes; i++)
        {
            var code = string.Create(CultureInfo.InvariantCulture, $"b{i}");
            cache.Set(code, new RouteState(Link(code), 1), cache.Generation);
            filter.AddStored(code);
        }

        filter.TryFinish(epoch);
        _targets = [.. Enumerable.Range(0, Codes).Select(i => string.Create(CultureInfo.InvariantCulture, $"/b{i * 7919 % Codes}"))];
        _unknown.RawTarget = "/unknown-code";
        _redirector = _app.Services.GetRequiredService<Redirector>();
        _budget = _app.Services.GetRequiredService<LookupBudget>();
    }

    /// <summary>With a trace listener, and a request that the gateway traces.</summary>
    [GlobalSetup(Target = nameof(RedirectTraced))]
    public void StartTraced()
    {
        Start();
        _traced.TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        _collector = new ActivityListener { ShouldListenTo = _ => true, Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(_collector);
    }

    [GlobalCleanup]
    public void Stop()
    {
        _collector?.Dispose();
        _app.Services.GetRequiredService<Places>().StopAsync(CancellationToken.None).GetAwaiter().GetResult();
        // The spool is not drained, so it has to be removed here.
        ((IDisposable)_app).Dispose();
        Directory.Delete(_data, recursive: true);
    }

    [Benchmark(Description = "look up one code repeatedly")]
    public bool LookUpHot()
    {
        _known.RawTarget = _targets[0];
        return _redirector.TryMatch(_known, out _);
    }

    [Benchmark(Description = "look up and decide")]
    public bool LookUp()
    {
        _known.RawTarget = Next();
        return _redirector.TryMatch(_known, out _);
    }

    [Benchmark(Description = "look up, decide, spool the click, answer")]
    public int Redirect()
    {
        _known.RawTarget = Next();
        return _redirector.TryMatch(_known, out var match) ? Answer(_known, match, 302) : throw new InvalidOperationException("Not on the fast path.");
    }

    [Benchmark(Description = "the same for a traced visit")]
    public int RedirectTraced()
    {
        _traced.RawTarget = Next();
        return _redirector.TryMatch(_traced, out var match) ? Answer(_traced, match, 302) : throw new InvalidOperationException("Not on the fast path.");
    }

    [Benchmark(Description = "refuse a code that no link has")]
    public int Unknown()
    {
        Match match;
        while (!_redirector.TryMatch(_unknown, out match))
        {
            // As during a scan: uses up the budget for lookups of excluded codes.
            _budget.Excluded.TryTake();
        }

        return Answer(_unknown, match, 404);
    }

    private static Route Link(string code) => new(
        Guid.CreateVersion7(), Guid.CreateVersion7(), $"https://example.com/a/destination/of/usual/length?for={code}&utm_campaign=november", 302, null, null, false);

    private string Next()
    {
        var next = _next + 1;
        _next = next == _targets.Length ? 0 : next;
        return _targets[_next];
    }

    private int Answer(VisitorRequest request, in Match match, int expected)
    {
        _redirector.AnswerAsync(request, request, match).GetAwaiter().GetResult();
        return request.StatusCode == expected || (expected == 404 && request.StatusCode == 429) ? expected : throw new InvalidOperationException($"{request.RawTarget} was answered {request.StatusCode}.");
    }
}
