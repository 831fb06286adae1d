using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.ApiKeys;

/// <summary>What an API key may be given: nothing that its maker isn't allowed to do.</summary>
public static class ApiKeyScopes
{
    /// <returns>In one order and once each, whatever the request said.</returns>
    public static string[] Parse(IReadOnlyList<string?>? sent, ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        if (sent is null || sent.Count == 0 || sent.Any(scope => !Scopes.Grantable.Contains(scope)))
        {
            errors.Add("scopes", $"One or more of {string.Join(", ", Scopes.Grantable)}.");
            return [];
        }

        return [.. Scopes.Grantable.Where(sent.Contains)];
    }

    /// <param name="role">What the key's maker is in the workspace now.</param>
    public static void CheckRole(IReadOnlyList<string> scopes, string role, ValidationErrors errors)
    {
        ArgumentNullException.ThrowIfNull(errors);
        var beyond = scopes.Where(scope => Permissions.RoleOf(role) is not { } has || has < Permissions.LeastRoleFor(scope)).ToArray();
        if (beyond.Length > 0)
        {
            errors.Add("scopes", $"As {role} you can't give {string.Join(", ", beyond)}.");
        }
    }
}
