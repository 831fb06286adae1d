using System.Diagnostics;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Logging;
using LinkShort.Values;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Privacy;

/// <summary>
/// Creates audit log entries as events, with the actor, address and trace of the request. Publish the event in the same transaction as the
/// change: <c>work.Publish(audit.Entry("link.created", "link", id, after: link))</c>.
/// </summary>
public sealed class AuditTrail(IHttpContextAccessor contexts, TimeProvider time)
{
    /// <summary>Replaces a masked value.</summary>
    public const string Mask = "***";

    private const int LongestUserAgent = 300;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    // Parts of names of properties whose values must not be in a log.
    private static readonly string[] Secret =
        ["password", "secret", "token", "hash", "recoveryCode", "privateKey", "apiKey", "credential", "cookie", "authorization"];

    // Ids and counts of secrets are not secret.
    private static readonly string[] NotSecret = ["Id", "Ids", "Count", "At"];

    /// <summary>Longer values are replaced by their length as JSON: the log must not become a second store.</summary>
    private const int MostDetail = 64 * 1024;

    /// <param name="action"><c>{thing}.{what happened}</c>.</param>
    /// <param name="before">The state before the change, as JSON; values of properties with secret-sounding names are masked.</param>
    /// <param name="workspace">The log's workspace; by default the caller's.</param>
    /// <param name="actor">The actor of a request without a signed-in caller, such as a sign-in.</param>
    public AuditRecorded Entry(
        string action, string targetType, object targetId, object? before = null, object? after = null, Guid? workspace = null, Guid? actor = null)
    {
        ArgumentNullException.ThrowIfNull(targetId);
        var context = contexts.HttpContext;
        var user = context?.User;
        // While an operator views an account, the operator is the actor, not the user of the token.
        var viewer = IdOf(user, Tokens.Claims.ViewedBy);
        var subject = actor ?? viewer ?? IdOf(user, Tokens.Claims.Subject);
        var key = IdOf(user, Tokens.Claims.ApiKey);
        var now = time.GetUtcNow();
        return new AuditRecorded(
            Guid.CreateVersion7(now),
            workspace ?? IdOf(user, Tokens.Claims.Workspace),
            context is null ? "system" : viewer is not null ? "operator" : key is not null ? "apiKey" : "user",
            subject,
            key,
            action,
            targetType,
            targetId.ToString() ?? "",
            Masked(before),
            Masked(after),
            NetworkPrefix.Coarse(context?.Connection.RemoteIpAddress),
            context?.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent ? Redaction.Secrets(agent[..Math.Min(agent.Length, LongestUserAgent)]) : null,
            Activity.Current?.TraceId.ToString() ?? context?.TraceIdentifier,
            now);
    }

    /// <summary>Like <see cref="Entry"/>, with only the members that differ.</summary>
    /// <param name="name">A member that is kept even so, as it names the target.</param>
    public AuditRecorded Change(string action, string targetType, object targetId, object before, object after, Guid? workspace = null, string? name = null)
    {
        var (was, isNow) = (JsonOf(before) as JsonObject, JsonOf(after) as JsonObject);
        if (was is not null && isNow is not null)
        {
            foreach (var (member, value) in was.ToArray())
            {
                if (member != name && isNow.TryGetPropertyValue(member, out var other) && JsonNode.DeepEquals(value, other))
                {
                    was.Remove(member);
                    isNow.Remove(member);
                }
            }
        }

        return Entry(action, targetType, targetId, was, isNow, workspace);
    }

    private static Guid? IdOf(ClaimsPrincipal? user, string claim) => Guid.TryParse(user?.FindFirstValue(claim), out var id) ? id : null;

    private static string? Masked(object? value)
    {
        if (value is null)
        {
            return null;
        }

        var node = JsonOf(value);
        MaskIn(node);
        var text = node?.ToJsonString(Json);
        return text is { Length: > MostDetail } ? $$"""{"tooLong":{{text.Length}}}""" : text;
    }

    private static JsonNode? JsonOf(object value) => value as JsonNode ?? JsonSerializer.SerializeToNode(value, value.GetType(), Json);

    private static bool IsSecret(string name) =>
        Secret.Any(part => name.Contains(part, StringComparison.OrdinalIgnoreCase)) && !NotSecret.Any(end => name.EndsWith(end, StringComparison.Ordinal));

    private static void MaskIn(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToArray())
                {
                    // The whole value, even a list such as recovery codes. A flag, such as whether there is a password, is not secret.
                    if (value is not null && value.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False) && IsSecret(name))
                    {
                        members[name] = Mask;
                    }
                    else if (value is JsonValue && value.GetValueKind() == JsonValueKind.String && Redaction.HasSecret(value.GetValue<string>()))
                    {
                        members[name] = Redaction.Secrets(value.GetValue<string>());
                    }
                    else
                    {
                        MaskIn(value);
                    }
                }

                break;
            case JsonArray items:
                for (var index = 0; index < items.Count; index++)
                {
                    if (items[index] is JsonValue item && item.GetValueKind() == JsonValueKind.String && Redaction.HasSecret(item.GetValue<string>()))
                    {
                        items[index] = Redaction.Secrets(item.GetValue<string>());
                    }
                    else
                    {
                        MaskIn(items[index]);
                    }
                }

                break;
        }
    }
}
