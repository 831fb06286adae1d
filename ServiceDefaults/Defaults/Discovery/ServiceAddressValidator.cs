using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.ServiceDiscovery;

namespace LinkShort.ServiceDefaults.Discovery;

/// <summary>
/// Stops the start at an invalid service address, with the key and the fix. The package would report it at the first request, without the
/// key, or skip the address.
/// </summary>
internal sealed class ServiceAddressValidator(IConfiguration configuration, IOptions<ConfigurationServiceEndpointProviderOptions> provider)
    : IValidateOptions<ServiceDiscoveryOptions>
{
    // Endpoints of other names (services:links:metrics:0) may speak any protocol.
    private static readonly string[] HttpEndpoints = ["default", "http", "https"];

    public ValidateOptionsResult Validate(string? name, ServiceDiscoveryOptions options)
    {
        List<string> failures = [];
        foreach (var service in configuration.GetSection(provider.Value.SectionName).GetChildren())
        {
            foreach (var endpoint in HttpEndpoints.Select(service.GetSection).Where(section => section.Exists()))
            {
                if (!string.IsNullOrWhiteSpace(endpoint.Value))
                {
                    Check(endpoint);
                    continue;
                }

                foreach (var address in endpoint.GetChildren())
                {
                    if (int.TryParse(address.Key, out _))
                    {
                        Check(address);
                    }
                    else
                    {
                        failures.Add(
                            $"Setting {EnvironmentVariables.NameOf(address.Path)} is not the address of a service: number the addresses, as in "
                            + $"{EnvironmentVariables.NameOf(endpoint.Path)}__0.");
                    }
                }
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);

        void Check(IConfigurationSection setting)
        {
            if (!IsAddress(setting.Value))
            {
                failures.Add(
                    $"Setting {EnvironmentVariables.NameOf(setting.Path)} is '{setting.Value}', which is not the address of a service. "
                    + $"Set it to one like http://{IPAddress.Loopback}:5001.");
            }
        }
    }

    private static bool IsAddress(string? text) =>
        !string.IsNullOrWhiteSpace(text)
        && Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var address)
        && address is { Scheme: "http" or "https", Host.Length: > 0 };
}
