using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Links.Storage;

/// <summary>Which codes belong to a link: its code and its aliases.</summary>
internal static class LinkCodes
{
    /// <summary>
    /// Inserts the codes that a change adds before it deletes those that it drops: a change that waits for another's codes has not released
    /// any itself, so no two changes can deadlock.
    /// </summary>
    /// <returns>False if another link has one of the codes. Waits for a concurrent transaction that takes or releases it.</returns>
    public static async Task<bool> MoveAsync(
        UnitOfWork work, CodeKeys keys, Link before, Link after, CancellationToken cancellationToken)
    {
        var had = keys.Of(before);
        var has = keys.Of(after);
        foreach (var key in has.Except(had))
        {
            var taken = await work.ExecuteAsync(
                """
                insert into link_codes (domain, code_key, link_id, workspace_id) values (@Domain, @key, @Id, @WorkspaceId)
                on conflict (domain, code_key) do nothing
                """,
                new { after.Domain, key, after.Id, after.WorkspaceId }, cancellationToken);
            if (taken == 0)
            {
                return false;
            }
        }

        var dropped = had.Except(has).ToArray();
        if (dropped.Length > 0)
        {
            await work.ExecuteAsync(
                "delete from link_codes where workspace_id = @WorkspaceId and link_id = @Id and domain = @Domain and code_key = any(@dropped)",
                new { after.WorkspaceId, after.Id, after.Domain, dropped }, cancellationToken);
        }

        return true;
    }

    /// <summary>The conflict of a code that another link has. Says that a deleted link of the same workspace has it, and nothing about other workspaces.</summary>
    public static async Task<ProblemHttpResult> ConflictAsync(
        NpgsqlConnection connection, CodeKeys keys, Link wanted, CancellationToken cancellationToken)
    {
        var isDeleted = await connection.ExecuteScalarAsync<bool>(
            """
            select exists (
                select from link_codes c join links l on l.id = c.link_id and l.workspace_id = c.workspace_id
                where c.domain = @Domain and c.code_key = @Key and c.workspace_id = @WorkspaceId and l.deleted_at is not null)
            """,
            new { wanted.Domain, Key = keys.Of(wanted.Domain, wanted.Code), wanted.WorkspaceId }, cancellationToken);
        return isDeleted ? Problems.CodeTaken.Result(LinksTexts.Of("codes.deleted")) : Problems.CodeTaken.Result();
    }

    /// <param name="linkId">A link of the workspace whose own codes don't count.</param>
    /// <returns>Those of the keys that a link has.</returns>
    public static async Task<IReadOnlySet<string>> TakenAsync(
        NpgsqlConnection connection, string domain, string[] wanted, Guid workspaceId, Guid? linkId, CancellationToken cancellationToken) =>
        (await connection.QueryAsync<string>(
            """
            -- every workspace: (domain, code_key) is unique over all of them
            select code_key from link_codes
            where domain = @domain and code_key = any(@wanted) and not (workspace_id = @workspaceId and link_id is not distinct from @linkId::uuid)
            """,
            new { domain, wanted, workspaceId, linkId }, cancellationToken)).ToHashSet(StringComparer.Ordinal);
}
