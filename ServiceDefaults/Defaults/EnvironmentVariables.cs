namespace LinkShort.ServiceDefaults;

/// <summary>Names of environment variables, as messages about settings show them.</summary>
internal static class EnvironmentVariables
{
    /// <returns><c>Http__Resilience__MaxRetries</c> for the configuration key <c>Http:Resilience:MaxRetries</c>.</returns>
    public static string NameOf(string key) => key.Replace(":", "__", StringComparison.Ordinal);
}
