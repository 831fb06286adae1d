using System.Text.Json.Serialization;

namespace LinkShort.Web.Sso;

/// <summary>A workspace's own provider.</summary>
public sealed record WorkspaceSso(string RedirectUri, SsoConnection? Connection, IReadOnlyList<SsoDomain> Domains)
{
    [JsonIgnore]
    public string? ETag { get; init; }
}

public sealed record SsoConnection(
    string Issuer, string ClientId, bool HasClientSecret, bool JustInTime, string DefaultRole, string? RoleClaim,
    IReadOnlyDictionary<string, string> Roles, bool AcceptMfa, bool Enforced);

public sealed record SsoDomain(string Domain, string Status, SsoRecord Verification)
{
    public bool IsVerified => Status == "verified";
}

public sealed record SsoRecord(string Type, string Name, string Value);

public sealed record SsoChange(
    string Issuer,
    string ClientId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ClientSecret,
    bool JustInTime,
    string DefaultRole,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RoleClaim,
    IReadOnlyDictionary<string, string> Roles,
    bool AcceptMfa,
    bool Enforced);

/// <param name="Issuer">How the provider calls itself; null if its metadata can't be read.</param>
public sealed record SsoTest(bool Passed, string? Issuer, IReadOnlyList<SsoCheck> Checks);

/// <param name="Name">metadata, issuer, endpoints, codeFlow or keys.</param>
/// <param name="Result">passed, failed or skipped.</param>
public sealed record SsoCheck(string Name, string Result, string? Detail);

/// <summary>The text field for role mappings: one <c>value = role</c> per line.</summary>
public static class RoleLines
{
    public static string Write(IReadOnlyDictionary<string, string> roles)
    {
        return string.Join('\n', roles.Select(role => $"{role.Key} = {role.Value}"));
    }

    /// <param name="wrong">The first invalid line.</param>
    /// <returns>Null if a line is invalid. Values may contain equals signs; the last one separates.</returns>
    public static IReadOnlyDictionary<string, string>? Read(string? text, out string? wrong)
    {
        var roles = new Dictionary<string, string>(StringComparer.Ordinal);
        wrong = null;
        foreach (var line in (text ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var at = line.LastIndexOf('=');
            if (at < 1 || at == line.Length - 1)
            {
                wrong = line;
                return null;
            }

            roles[line[..at].TrimEnd()] = line[(at + 1)..].Trim().ToLowerInvariant();
        }

        return roles;
    }
}
