using System.Globalization;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;

namespace LinkShort.RedirectCosts.Tests;

public sealed class AllocationTests(ITestOutputHelper output)
{
    /// <summary>Times are reported only, because they depend on the machine. Allocations are the same everywhere.</summary>
    [Fact]
    public void Answering_a_visitor_allocates_nothing()
    {
        // Included in the failure message: exceptions of the benchmark are logged only here.
        var log = new AccumulationLogger();
        var job = Job.Default
            .WithToolchain(InProcessNoEmitToolchain.Instance)
            .WithInvocationCount(32_768).WithUnrollFactor(16).WithWarmupCount(3).WithIterationCount(5);
        var config = ManualConfig.CreateEmpty()
            .AddJob(job)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(log)
            .WithArtifactsPath(Directory.CreateTempSubdirectory("redirect-costs-report-").FullName)
            .WithOptions(ConfigOptions.DisableOptimizationsValidator | ConfigOptions.DisableLogFile);

        var summary = Run(config, log);
        Directory.Delete(config.ArtifactsPath, recursive: true);

        summary.HasCriticalValidationErrors.ShouldBeFalse(string.Join('\n', summary.ValidationErrors));
        summary.Reports.Length.ShouldBe(5);
        foreach (var report in summary.Reports)
        {
            report.Success.ShouldBeTrue(report.BenchmarkCase.DisplayInfo);
            var bytes = report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo}: {report.ResultStatistics!.Median:n0} ns (at best {report.ResultStatistics.Min:n0}), {bytes} bytes"));
            bytes.ShouldBe(0, report.BenchmarkCase.DisplayInfo);
        }
    }

    private static Summary Run(IConfig config, AccumulationLogger log)
    {
        try
        {
            return BenchmarkRunner.Run<RedirectPath>(config);
        }
        catch (NullReferenceException)
        {
            throw new InvalidOperationException("The benchmark failed:\n" + log.GetLog());
        }
    }
}
