using LinkShort.Hosting.Engine;

namespace LinkShort.Hosting.Tests;

/// <summary>The model by itself, without processes.</summary>
public sealed class ModelTests
{
    [Fact]
    public void Back_off_doubles_up_to_half_a_minute_and_begins_again_after_a_stable_run()
    {
        var backOff = new RestartBackOff();
        var delays = Enumerable.Range(0, 12).Select(_ => backOff.Next(TimeSpan.FromSeconds(1), wasHealthy: false).TotalSeconds).ToList();
        delays[0].ShouldBeInRange(0.2, 0.3);
        delays[1].ShouldBeInRange(0.4, 0.6);
        delays[4].ShouldBeInRange(3.2, 4.8);
        delays[^1].ShouldBeInRange(24, 36);
        backOff.FailuresBeforeHealthy.ShouldBe(12);
        backOff.Next(TimeSpan.FromMinutes(2), wasHealthy: true).TotalSeconds.ShouldBeInRange(0.2, 0.3);
        backOff.FailuresBeforeHealthy.ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("a--b")]
    [InlineData("a-")]
    [InlineData("a_b")]
    [InlineData("straße")]
    public void Names_that_Aspire_refuses_are_refused(string name) =>
        Should.Throw<ArgumentException>(() => DistributedApplicationTestingBuilder.Create().AddRedis(name));

    [Fact]
    public void A_name_is_given_once()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        builder.AddRedis("cache");
        Should.Throw<DistributedApplicationException>(() => builder.AddRabbitMQ("Cache")).Message.ShouldContain("exists already");
    }

    [Fact]
    public void An_endpoint_name_is_given_once_and_a_health_check_needs_one()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var program = builder.AddExecutable("program", "sleep", ".", "1");
        Should.Throw<DistributedApplicationException>(() => program.WithHttpHealthCheck("/health")).Message.ShouldContain("WithHttpEndpoint()");
        program.WithHttpEndpoint(env: "PORT").WithHttpHealthCheck("/health");
        Should.Throw<DistributedApplicationException>(() => program.WithHttpEndpoint()).Message.ShouldContain("already exists");
    }

    [Fact]
    public async Task Expressions_keep_braces_and_are_filled_when_values_are_known()
    {
        var builder = DistributedApplicationTestingBuilder.Create();
        var parameter = builder.AddParameter("name", "value");
        var expression = ReferenceExpression.Create($"{{literal}} {parameter}!");
        (await expression.GetValueAsync(TestContext.Current.CancellationToken)).ShouldBe("{literal} value!");
        expression.ValueExpression.ShouldBe("{literal} {name.value}!");
    }

    [Fact]
    public async Task The_configuration_wins_over_a_generated_value()
    {
        var builder = DistributedApplicationTestingBuilder.Create("--Parameters:postgres-password=chosen");
        var postgres = builder.AddPostgres("postgres");
        (await postgres.Resource.PasswordParameter.GetValueAsync(TestContext.Current.CancellationToken)).ShouldBe("chosen");
        var redis = builder.AddRedis("cache");
        var password = await redis.Resource.PasswordParameter.GetValueAsync(TestContext.Current.CancellationToken);
        password!.Length.ShouldBeGreaterThanOrEqualTo(22);
        (await redis.Resource.PasswordParameter.GetValueAsync(TestContext.Current.CancellationToken)).ShouldBe(password);
    }

    [Fact]
    public void Free_ports_are_not_given_twice_and_the_last_run_s_is_kept_while_it_is_free()
    {
        using var first = new PortAllocator();
        using var second = new PortAllocator();
        var ports = Enumerable.Range(0, 50).SelectMany(_ => new[] { first.Free(), second.Free() }).ToList();
        ports.Distinct().Count().ShouldBe(100);
        second.Free(preferred: ports[0]).ShouldNotBe(ports[0]);
        first.Dispose();
        second.Free(preferred: ports[0]).ShouldBe(ports[0]);
    }
}
