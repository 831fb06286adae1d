using System.Reflection;
using LinkShort.Hosting;
using LinkShort.ServiceDefaults;

namespace LinkShort.Conventions.Tests;

public sealed class BadSettingsTests
{
    [Theory]
    [InlineData("ExitCode", "BadConfiguration")]
    [InlineData("Complaint", "Complaint")]
    public void The_supervisor_knows_how_services_exit_on_an_invalid_setting(string ofServices, string ofSupervisor) =>
        Constant(typeof(Installation).Assembly, "Supervisor", ofSupervisor).ShouldBe(Constant(typeof(ServiceDefaultsExtensions).Assembly, "BadSettings", ofServices));

    // They share no code, because services also run without the supervisor.
    private static object? Constant(Assembly assembly, string type, string name) => assembly.GetTypes().Single(each => each.Name == type)
        .GetField(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)?.GetRawConstantValue();
}
