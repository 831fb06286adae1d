using LinkShort.Testing;

[assembly: AssemblyFixture(typeof(ServersFixture))]
