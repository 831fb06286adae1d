namespace LinkShort.Hosting.Tests;

public sealed class PortsTests
{
    [Fact]
    public void Free_ports_are_not_allocated_twice_while_their_app_host_runs()
    {
        using var first = new Ports();
        using var second = new Ports();
        var ports = Enumerable.Range(0, 50).SelectMany(_ => new[] { first.Free(), second.Free() }).ToList();
        ports.Distinct().Count().ShouldBe(100);
        ports.ShouldAllBe(port => Ports.IsFree(port));
    }
}
