using Dapper;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Data;
using Microsoft.Extensions.Options;

namespace LinkShort.Links.Storage;

/// <summary>
/// Recomputes the keys of all codes if <c>ShortDomain__CaseInsensitiveCodes</c> has changed since the last start. If codes of different
/// links would become equal, the start fails: LinkShort can't decide which of the links to lose.
/// </summary>
internal sealed partial class CodeFoldingSwitch(
    Database database, CodeKeys keys, IOptions<ShortDomainOptions> shortDomain, ILogger<CodeFoldingSwitch> logger) : IHostedService
{
    private const int Page = 5_000;
    private const int MaxNamed = 20;

    /// <summary>Millions of codes take longer than a request may, and another replica waits for the first.</summary>
    private const int NoTimeout = 0;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        var wanted = shortDomain.Value.CaseInsensitiveCodes;
        // Locked: of several replicas that start at the same time, one recomputes the keys.
        var present = await work.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select case_insensitive from code_folding where domain = '' for update",
            commandTimeout: NoTimeout, cancellationToken: cancellationToken));
        if (present == wanted)
        {
            return;
        }

        // Blocks new codes; lookups continue.
        await ExecuteAsync(work, """
            -- every workspace: a setting of the whole installation
            lock table link_codes in exclusive mode;
            create temp table new_codes (code_key text collate "C", code text collate "C", link_id uuid, workspace_id uuid) on commit drop
            """, cancellationToken);
        var count = await WriteNewKeysAsync(work, cancellationToken);
        await RefuseClashesAsync(work, cancellationToken);
        await ExecuteAsync(work, """
            -- every workspace: a setting of the whole installation
            delete from link_codes where domain = '';
            insert into link_codes (domain, code_key, link_id, workspace_id)
            select distinct '', code_key, link_id, workspace_id from new_codes
            """, cancellationToken);
        await work.ExecuteAsync(
            "update code_folding set case_insensitive = @wanted where domain = ''",
            new { wanted }, cancellationToken);
        await work.CommitAsync(cancellationToken);
        Log.Switched(logger, count, wanted ? "case-insensitive" : "case-sensitive");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<int> WriteNewKeysAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        var count = 0;
        var last = Guid.Empty;
        while (true)
        {
            var links = await work.QueryAsync<Link>(
                $"""
                -- every workspace: a setting of the whole installation
                select {LinkStore.Columns} from links where domain = '' and id > @last order by id limit {Page}
                """,
                new { last }, cancellationToken);
            await using (var copy = await work.Connection.BeginBinaryImportAsync(
                "copy new_codes (code_key, code, link_id, workspace_id) from stdin (format binary)", cancellationToken))
            {
                foreach (var (link, code) in links.SelectMany(link => link.Aliases.Append(link.Code).Select(code => (link, code))))
                {
                    await copy.WriteRowAsync(cancellationToken, keys.Of("", code), code, link.Id, link.WorkspaceId);
                    count++;
                }

                await copy.CompleteAsync(cancellationToken);
            }

            if (links.Count < Page)
            {
                return count;
            }

            last = links[^1].Id;
        }
    }

    private static async Task RefuseClashesAsync(UnitOfWork work, CancellationToken cancellationToken)
    {
        var clashes = await work.Connection.QueryAsync<string>(new CommandDefinition(
            $"""
            -- every workspace: a setting of the whole installation
            select string_agg(distinct code, ' = ' order by code) from new_codes
            group by code_key having count(distinct link_id) > 1 order by code_key limit {MaxNamed + 1}
            """,
            commandTimeout: NoTimeout, cancellationToken: cancellationToken));
        if (clashes.Count > 0)
        {
            var more = clashes.Count > MaxNamed ? " and more" : "";
            throw new OptionsValidationException(nameof(ShortDomainOptions), typeof(ShortDomainOptions),
            [
                $"Setting {ShortDomainOptions.Section}__{nameof(ShortDomainOptions.CaseInsensitiveCodes)}: some links differ only by the case of their "
                + $"codes, and none of them may be lost: {string.Join("; ", clashes.Take(MaxNamed))}{more}. "
                + "Set it to false, rename or remove all but one of each (their aliases too), and set it again.",
            ]);
        }
    }

    private static Task<int> ExecuteAsync(UnitOfWork work, string sql, CancellationToken cancellationToken) =>
        work.Connection.ExecuteAsync(new CommandDefinition(sql, commandTimeout: NoTimeout, cancellationToken: cancellationToken));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Count} codes of the short host are now {Form}.")]
        public static partial void Switched(ILogger logger, int count, string form);
    }
}
