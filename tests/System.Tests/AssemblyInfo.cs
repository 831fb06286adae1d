using LinkShort.Testing;

[assembly: AssemblyFixture(typeof(ChromiumFixture))]
