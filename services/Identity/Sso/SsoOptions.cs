using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>Single sign-on, under <c>Identity__Sso__…</c>.</summary>
public sealed class SsoOptions
{
    public const string Section = "Identity:Sso";

    /// <summary>The timeout of a request to a provider. A sign-in makes up to four.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "00:00:30", ErrorMessage = "must be from 00:00:00.2 to 00:00:30.")]
    public TimeSpan ProviderTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a user may take at the provider.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage = "must be from 00:00:01 to 01:00:00.")]
    public TimeSpan AttemptLifetime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The tolerated difference of a provider's clock.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00", ErrorMessage = "must be from 00:00:00 to 00:05:00.")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The age at which a provider's metadata and keys are read again.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00", ErrorMessage = "must be from 00:01:00 to 1.00:00:00.")]
    public TimeSpan MetadataLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How often an unknown key can cause them to be read again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage = "must be from 00:00:01 to 01:00:00.")]
    public TimeSpan KeyRefreshInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The lifetime of sessions started through a workspace's provider, so that users who leave the organisation lose access.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "365.00:00:00", ErrorMessage = "must be from 00:10:00 to 365.00:00:00.")]
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// For development: allows providers of workspaces at private addresses and over http. Elsewhere, workspaces could make identity send
    /// requests into its own network.
    /// </summary>
    public bool AllowPrivateIssuers { get; set; }
}

/// <summary>One of the installation's own providers: <c>Sso__{name}__…</c>.</summary>
public sealed class SsoProviderOptions
{
    /// <summary>The issuer; its metadata is at <c>{Authority}/.well-known/openid-configuration</c>.</summary>
    public string Authority { get; set; } = "";

    public string ClientId { get; set; } = "";

    /// <summary>Empty for a public client.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>On the button; default the name in the setting.</summary>
    public string DisplayName { get; set; } = "";

    public string Scope { get; set; } = SsoProvider.DefaultScope;
}

/// <summary>The installation's own providers by name, in lower case.</summary>
public sealed class InstallationProvidersOptions
{
    public const string Section = "Sso";

    public SortedDictionary<string, SsoProviderOptions> All { get; } = new(StringComparer.Ordinal);

    internal static void Bind(InstallationProvidersOptions providers, IConfiguration configuration)
    {
        foreach (var child in configuration.GetSection(Section).GetChildren())
        {
            // Empty environment variables configure nothing.
            if (child.GetChildren().Any(value => !string.IsNullOrWhiteSpace(value.Value)))
            {
                providers.All[child.Key.ToLowerInvariant()] = child.Get<SsoProviderOptions>() ?? new SsoProviderOptions();
            }
        }
    }
}

/// <summary>Reports each wrong setting, and how to fix it.</summary>
internal sealed partial class InstallationProvidersValidator : IValidateOptions<InstallationProvidersOptions>
{
    public ValidateOptionsResult Validate(string? name, InstallationProvidersOptions options)
    {
        var failures = new List<string>();
        foreach (var (key, provider) in options.All)
        {
            if (!Name().IsMatch(key))
            {
                failures.Add($"Setting Sso__{key}: the name of a provider must be 1 to 30 letters, digits and hyphens, such as google.");
            }

            if (!Uri.TryCreate(provider.Authority, UriKind.Absolute, out var authority)
                || !(authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback)))
            {
                failures.Add($"Setting Sso__{key}__Authority: '{provider.Authority}' is not an https URL. Set it to the provider's issuer, e.g. https://accounts.google.com.");
            }

            if (provider.ClientId.Length == 0)
            {
                failures.Add($"Setting Sso__{key}__ClientId: is missing. Register LinkShort with the provider, and set this to the client id you get.");
            }

            if (!provider.Scope.Split(' ').Contains("openid"))
            {
                failures.Add($"Setting Sso__{key}__Scope: must contain openid, e.g. '{SsoProvider.DefaultScope}'.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,29}$")]
    private static partial Regex Name();
}
