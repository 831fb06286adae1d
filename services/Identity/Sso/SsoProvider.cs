using Microsoft.Extensions.Options;

namespace LinkShort.Identity.Sso;

/// <summary>Somebody else who can vouch for people (an OpenID provider), as LinkShort is registered there.</summary>
/// <param name="Key">In addresses and in rows: the name in the installation's options, or a workspace's id.</param>
/// <param name="Issuer">As configured; the metadata has to say the same.</param>
/// <param name="ClientSecret">Null for a public client.</param>
/// <param name="Workspace">Whose provider it is; null for one of the installation.</param>
public sealed record SsoProvider(
    string Key, string DisplayName, string Issuer, string ClientId, string? ClientSecret, string Scope, WorkspaceSso? Workspace)
{
    public const string DefaultScope = "openid email profile";

    /// <summary>Its operator is the installation's: it may be in the same network.</summary>
    public bool IsInstallations => Workspace is null;

    /// <summary>No secret in a log.</summary>
    public override string ToString() => $"provider {Key}";
}

/// <summary>What a workspace says about the people whom its provider sends.</summary>
/// <param name="JustInTime">They become members by signing in.</param>
/// <param name="RoleClaim">The claim that roles are read from; null: everybody gets the default role once, and keeps what they are given later.</param>
/// <param name="Roles">Role by value of the claim.</param>
/// <param name="AcceptMfa">Two factors at the provider (<c>amr</c> says mfa) count as two factors in this workspace.</param>
/// <param name="Enforced">Members with an address in one of its proven domains come this way only.</param>
public sealed record WorkspaceSso(
    Guid Id, string Name, bool JustInTime, string DefaultRole, string? RoleClaim, IReadOnlyDictionary<string, string> Roles, bool AcceptMfa, bool Enforced,
    bool IsBeingDeleted);

/// <summary>Where every provider is found, by key.</summary>
public sealed class SsoProviders(IOptions<InstallationProvidersOptions> installation, SsoConnections connections, IOptions<IdentityServiceOptions> options)
{
    /// <summary>The longest key: a workspace's id.</summary>
    public const int MaxKeyLength = 36;

    /// <summary>The installation's, for buttons.</summary>
    public IEnumerable<(string Key, string DisplayName)> Installations => installation.Value.All.Select(each => (each.Key, DisplayNameOf(each.Key, each.Value)));

    public async Task<SsoProvider?> FindAsync(string key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (installation.Value.All.TryGetValue(key, out var own))
        {
            return new SsoProvider(
                key, DisplayNameOf(key, own), own.Authority, own.ClientId, own.ClientSecret.Length == 0 ? null : own.ClientSecret, own.Scope, null);
        }

        return Guid.TryParseExact(key, "D", out var workspaceId) ? await connections.FindProviderAsync(workspaceId, cancellationToken) : null;
    }

    /// <summary>Where the provider sends the browser back to. One for each: a code that another one got out of it comes to the wrong door (RFC 9700, 4.4.2).</summary>
    public string RedirectUriOf(string key) => $"{options.Value.PublicUrl.TrimEnd('/')}/app/sso/callback/{key}";

    private static string DisplayNameOf(string key, SsoProviderOptions provider) =>
        provider.DisplayName.Length > 0 ? provider.DisplayName : char.ToUpperInvariant(key[0]) + key[1..];
}
