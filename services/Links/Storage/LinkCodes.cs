using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;

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
}
