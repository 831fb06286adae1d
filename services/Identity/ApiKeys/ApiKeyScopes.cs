using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.ApiKeys;

/// <summary>The scopes of API keys, which are limited by the role of their creator.</summary>
public static class ApiKeyScopes
{
    /// <returns>In a fixed order, without duplicates.</returns>
    public static string[] Parse(IReadOnlyList<string?>? sent, ValidationErrors errors)
    {
        if (sent is null || sent.Count == 0 || sent.Any(scope => !Scopes.Grantable.Contains(scope)))
        {
            errors.Add("scopes", IdentityTexts.Of("apiKeys.scopes", ("scopes", string.Join(", ", Scopes.Grantable))));
            return [];
        }

        return [.. Scopes.Grantable.Where(sent.Contains)];
    }

    /// <param name="role">The current role of the key's creator in the workspace.</param>
    public static void CheckRole(IReadOnlyList<string> scopes, string role, ValidationErrors errors)
    {
        var beyond = scopes.Where(scope => Permissions.RoleOf(role) is not { } has || has < Permissions.LeastRoleFor(scope)).ToArray();
        if (beyond.Length > 0)
        {
            errors.Add("scopes", IdentityTexts.Of("apiKeys.roleLacksScopes", ("role", role), ("scopes", string.Join(", ", beyond))));
        }
    }
}
