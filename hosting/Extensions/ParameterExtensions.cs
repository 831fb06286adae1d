using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static class ParameterResourceBuilderExtensions
{
    /// <summary>A value that the configuration must have: key <c>Parameters:{name}</c>, variable <c>Parameters__{name}</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => FromConfiguration(builder, name) ?? throw Missing(name), secret));

    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => FromConfiguration(builder, name) ?? value, secret) { Default = publishValueAsDefault ? new ConstantParameterDefault(value) : null });

    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, Func<string> valueGetter, bool publishValueAsDefault = false, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => FromConfiguration(builder, name) ?? valueGetter(), secret));

    /// <param name="builder">The application.</param>
    /// <param name="name">Configuration key <c>Parameters:{name}</c>.</param>
    /// <param name="value">Makes the value when the configuration has none.</param>
    /// <param name="secret">Masked for operators.</param>
    /// <param name="persist">Made once and kept in the data folder.</param>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false) =>
        builder.AddResource(Generated(builder, name, value, secret, persist));

    /// <summary>The password that a server gets when none is given: generated, kept in the data folder.</summary>
    public static ParameterResource CreateDefaultPasswordParameter(IDistributedApplicationBuilder builder, string name, bool lower = true, bool upper = true, bool numeric = true, bool special = true, int minLower = 0, int minUpper = 0, int minNumeric = 0, int minSpecial = 0) =>
        Generated(builder, name, new GenerateParameterDefault { Lower = lower, Upper = upper, Numeric = numeric, Special = special }, secret: true, persist: true);

    private static ParameterResource Generated(IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret, bool persist)
    {
        string Resolve(ParameterDefault? fallback) => FromConfiguration(builder, name)
            ?? (persist
                ? ((DistributedApplicationBuilder)builder).Settings.KeptValues.GetOrAdd($"Parameters:{name}", () => fallback!.GetDefaultValue())
                : fallback!.GetDefaultValue());
        return new ParameterResource(name, Resolve, secret) { Default = value };
    }

    private static string? FromConfiguration(IDistributedApplicationBuilder builder, string name) => builder.Configuration[$"Parameters:{name}"];

    private static DistributedApplicationException Missing(string name) =>
        new($"Parameter '{name}' has no value: set Parameters:{name} on the command line (--Parameters:{name}=…) or in the AppHost's configuration.");
}
