using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>An OpenID provider, with LinkShort's registration there.</summary>
/// <param name="Key">In URLs and rows: the name in the installation's settings, or a workspace's id.</param>
/// <param name="Issuer">As configured; the metadata must match it.</param>
/// <param name="ClientSecret">Null for a public client.</param>
/// <param name="Workspace">The workspace that configured it; null for a provider of the installation.</param>
public sealed record SsoProvider(
    string Key, string DisplayName, string Issuer, string ClientId, string? ClientSecret, string Scope, WorkspaceSso? Workspace)
{
    public const string DefaultScope = "openid email profile";

    /// <summary>Configured by the operator, so it may be in the same network.</summary>
    public bool IsInstallations => Workspace is null;

    /// <summary>The secret must not be logged.</summary>
    public override string ToString() => $"provider {Key}";
}

/// <summary>A workspace's settings for users of its provider.</summary>
/// <param name="JustInTime">Users become members by signing in.</param>
/// <param name="RoleClaim">The claim that roles are read from; null if the default role only applies to new members.</param>
/// <param name="Roles">Role by value of the claim.</param>
/// <param name="AcceptMfa">Two factors at the provider (<c>amr</c> contains mfa) count as two factors in this workspace.</param>
/// <param name="Enforced">Members with an address in a verified domain can only sign in through the provider.</param>
public sealed record WorkspaceSso(
    Guid Id, string Name, bool JustInTime, string DefaultRole, string? RoleClaim, IReadOnlyDictionary<string, string> Roles, bool AcceptMfa, bool Enforced,
    bool IsBeingDeleted);

/// <summary>Finds providers by key.</summary>
public sealed class SsoProviders(IOptions<InstallationProvidersOptions> installation, SsoConnections connections, IOptions<IdentityServiceOptions> options)
{
    /// <summary>The longest key: a workspace's id.</summary>
    public const int MaxKeyLength = 36;

    /// <summary>The installation's providers, for buttons.</summary>
    public IEnumerable<(string Key, string DisplayName)> Installations => installation.Value.All.Select(each => (each.Key, DisplayNameOf(each.Key, each.Value)));

    public async Task<SsoProvider?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (installation.Value.All.TryGetValue(key, out var own))
        {
            return new SsoProvider(
                key, DisplayNameOf(key, own), own.Authority, own.ClientId, own.ClientSecret.Length == 0 ? null : own.ClientSecret, own.Scope, null);
        }

        return Guid.TryParseExact(key, "D", out var workspaceId) ? await connections.FindProviderAsync(workspaceId, cancellationToken) : null;
    }

    /// <summary>Where the provider redirects the browser to. It differs per provider, as a defence against mix-up attacks (RFC 9700, 4.4.2).</summary>
    public string RedirectUriOf(string key) => $"{options.Value.PublicUrl.TrimEnd('/')}/app/sso/callback/{key}";

    private static string DisplayNameOf(string key, SsoProviderOptions provider) =>
        provider.DisplayName.Length > 0 ? provider.DisplayName : char.ToUpperInvariant(key[0]) + key[1..];
}
