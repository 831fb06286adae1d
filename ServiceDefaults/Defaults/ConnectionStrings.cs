using Microsoft.Extensions.Configuration;

namespace LinkShort.ServiceDefaults;

public static class ConnectionStrings
{
    /// <summary>
    /// Reads the same keys as Aspire's client integrations: the client's named section, the connection string, the client's section.
    /// </summary>
    /// <exception cref="InvalidOperationException">None is set. The message names the key and the fix.</exception>
    public static string Required(IConfiguration configuration, string name, string clientSection) =>
        NonEmpty(configuration[$"{clientSection}:{name}:ConnectionString"])
        ?? NonEmpty(configuration.GetConnectionString(name))
        ?? NonEmpty(configuration[$"{clientSection}:ConnectionString"])
        ?? throw new InvalidOperationException(
            $"Setting ConnectionStrings__{name} is missing. Start through AppHost (./linkshort run), which sets it, or set it to the server to use.");

    private static string? NonEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
