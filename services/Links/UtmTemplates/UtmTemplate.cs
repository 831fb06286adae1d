using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Npgsql;

namespace LinkShort.Links.UtmTemplates;

/// <summary>Campaign parameters under a name, which members of a workspace apply to their links. Links have a copy: a change affects none of them.</summary>
public sealed record UtmTemplate(
    Guid Id, string Name, string? Source, string? Medium, string? Campaign, string? Term, string? Content, long Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    public const int MaxName = 50;

    /// <summary>Per workspace: they are offered in one list.</summary>
    public const int MaxCount = 100;

    /// <summary>In the order of the members.</summary>
    internal const string Columns = "id, name, source, medium, campaign, term, content, version, created_at, updated_at";

    public UtmTemplateResponse ToResponse() => new(Id, Name, new LinkUtm(Source, Medium, Campaign, Term, Content), CreatedAt, UpdatedAt, Version);

    internal static string Named(string? name, ValidationErrors errors)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            errors.Add("name", FieldRules.Required);
            return "";
        }

        return LinkInput.Text("name", name, MaxName, lines: false, errors) ?? "";
    }

    /// <returns>With at least one parameter, or an error was added.</returns>
    internal static LinkUtm Parameters(LinkUtm? utm, ValidationErrors errors)
    {
        var count = errors.Any;
        var kept = BehaviorInput.Utm(utm, errors);
        if (kept is null && !(errors.Any && !count))
        {
            errors.Add("utm", LinksTexts.Of("utmTemplates.empty"));
        }

        return kept ?? new LinkUtm();
    }

    internal static Task<UtmTemplate?> FindAsync(NpgsqlConnection connection, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<UtmTemplate>(
            $"select {Columns} from utm_templates where workspace_id = @workspaceId and id = @id",
            new { workspaceId, id }, cancellationToken);

    internal static Task<UtmTemplate?> LockAsync(UnitOfWork work, Guid workspaceId, Guid id, CancellationToken cancellationToken) =>
        work.QuerySingleOrDefaultAsync<UtmTemplate>(
            $"select {Columns} from utm_templates where workspace_id = @workspaceId and id = @id for update",
            new { workspaceId, id }, cancellationToken);
}

/// <summary>A template as the API returns it.</summary>
public sealed record UtmTemplateResponse(Guid Id, string Name, LinkUtm Utm, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, long Version);
