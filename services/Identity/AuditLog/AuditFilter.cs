using System.Globalization;
using System.Text;
using Dapper;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Json;
using LinkShort.Values;

namespace LinkShort.Identity.AuditLog;

/// <summary>Selects entries.</summary>
/// <param name="Actor">The id of a user or API key, or one of user, apiKey, operator and system.</param>
/// <param name="Action">Like <c>link.created</c>; <c>link.*</c> for everything done to links.</param>
/// <param name="Target">An id, a type like <c>link</c>, or both: <c>link:{id}</c>.</param>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive.</param>
public sealed record AuditFilter(string? Actor, string? Action, string? Target, DateTimeOffset? From, DateTimeOffset? To)
{
    private const int MaxText = 200;

    private static readonly string[] Parameters = ["actor", "action", "target", "from", "to"];

    public static AuditFilter Parse(HttpRequest request, AuditQuery query, ValidationErrors errors, params string[] others)
    {
        foreach (var unknown in request.Query.Keys.Where(key =>
            !Parameters.Contains(key, StringComparer.OrdinalIgnoreCase) && !others.Contains(key, StringComparer.OrdinalIgnoreCase)))
        {
            // A filter that was silently ignored would return entries that it should exclude.
            errors.Add(unknown, FieldRules.UnknownParameter);
        }

        var (actor, action, target) = (query.Actor, query.Action, query.Target);
        if (actor is not null && actor is not ("user" or "apiKey" or "operator" or "system") && !Guid.TryParse(actor, out _))
        {
            errors.Add("actor", IdentityTexts.Of("auditLog.actor"));
        }

        CheckText("action", action, errors);
        CheckText("target", target, errors);
        var filter = new AuditFilter(actor, action, target, Time("from", query.From, errors), Time("to", query.To, errors));
        if (filter.From >= filter.To)
        {
            errors.Add("to", FieldRules.After("from"));
        }

        return filter;
    }

    /// <summary>Adds the conditions to a statement whose where clause has begun.</summary>
    public void Append(StringBuilder sql, DynamicParameters parameters)
    {
        if (Guid.TryParse(Actor, out var actorId))
        {
            sql.Append(" and (a.actor_id = @ActorId or a.api_key_id = @ActorId)");
            parameters.Add("ActorId", actorId);
        }
        else if (Actor is not null)
        {
            sql.Append(" and a.actor_kind = @ActorKind");
            parameters.Add("ActorKind", Actor);
        }

        if (Action is not null)
        {
            var all = Action.EndsWith(".*", StringComparison.Ordinal);
            sql.Append(all ? " and starts_with(a.action, @Action)" : " and a.action = @Action");
            parameters.Add("Action", all ? Action[..^1] : Action);
        }

        if (Target is not null)
        {
            var colon = Target.IndexOf(':', StringComparison.Ordinal);
            sql.Append(colon > 0
                ? " and ((a.target_type = @TargetType and a.target_id = @TargetId) or a.target_id = @Target)"
                : " and (a.target_id = @Target or a.target_type = @Target)");
            parameters.Add("Target", Target);
            parameters.Add("TargetType", colon > 0 ? Target[..colon] : null);
            parameters.Add("TargetId", colon > 0 ? Target[(colon + 1)..] : null);
        }

        if (From is { } from)
        {
            sql.Append(" and a.at >= @From");
            parameters.Add("From", from);
        }

        if (To is { } to)
        {
            sql.Append(" and a.at < @To");
            parameters.Add("To", to);
        }
    }

    private static DateTimeOffset? Time(string field, string? text, ValidationErrors errors)
    {
        if (text is null)
        {
            return null;
        }

        if (DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
        {
            return date;
        }

        if (Rfc3339.TryParse(text, out var time, out var error))
        {
            return time;
        }

        errors.Add(field, IdentityTexts.Of("auditLog.inUrl", ("rule", JsonTexts.Of(error))));
        return null;
    }

    private static void CheckText(string field, string? value, ValidationErrors errors)
    {
        if (value is not null && (value.Length == 0 || Characters.Exceed(value, MaxText) || value.Any(char.IsControl)))
        {
            errors.Add(field, FieldRules.Printable(MaxText));
        }
    }
}
