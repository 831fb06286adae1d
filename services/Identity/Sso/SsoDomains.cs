using System.Security.Cryptography;
using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Plans;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.Sso;

/// <param name="Domain">ASCII, lower case.</param>
/// <param name="Status">pending or verified.</param>
/// <param name="Verification">The record that verifies the domain.</param>
public sealed record DomainResponse(string Domain, string Status, DomainVerification Verification, DateTimeOffset CreatedAt, DateTimeOffset? VerifiedAt);

/// <param name="Type">TXT.</param>
public sealed record DomainVerification(string Type, string Name, string Value);

/// <summary>Domains that a workspace claims, and verifies by a DNS record that only the domain's owner can create.</summary>
public static class SsoDomains
{
    private const int MaxDomains = 50;

    public sealed record Request
    {
        /// <summary>The part after the @ in the members' email addresses.</summary>
        public required string Domain { get; init; }
    }

    internal static async Task<IReadOnlyList<DomainResponse>> ListAsync(
        NpgsqlConnection connection, Guid workspaceId, CancellationToken cancellationToken)
    {
        var rows = await connection.QueryAsync<Row>(
            "select domain, token, created_at, verified_at from sso_domains where workspace_id = @workspaceId order by domain",
            new { workspaceId }, cancellationToken);
        return [.. rows.Select(row => row.ToResponse())];
    }

    /// <summary>POST /workspaces/{id}/sso/domains. Repeated, it returns the same record.</summary>
    public static async Task<Results<Ok<DomainResponse>, ProblemHttpResult>> AddAsync(
        Guid id, Request body, [AsParameters] SsoServices services, CancellationToken cancellationToken)
    {
        if (!TryParse(body.Domain, out var domain))
        {
            return ValidationErrors.Of("domain", IdentityTexts.Of("sso.domain"));
        }

        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken)).IsRefused(out var refusal, out var workspace))
        {
            return refusal;
        }

        if (workspace.PersonalOf is not null)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("sso.notPersonal"));
        }

        if (await FindAsync(work.Connection, id, domain, cancellationToken) is { } known)
        {
            return TypedResults.Ok(known.ToResponse());
        }

        if (await WorkspacePlans.OfAsync(work.Connection, id, cancellationToken) is { Sso: false } plan)
        {
            return plan.NotIncluded(PlanLimits.Sso);
        }

        if (await work.ExecuteScalarAsync<int>(
            "select count(*)::int from sso_domains where workspace_id = @id", new { id }, cancellationToken) >= MaxDomains)
        {
            return Problems.Conflict.Result(IdentityTexts.Of("sso.maxDomains", ("max", MaxDomains)));
        }

        var row = new Row(domain, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), services.Time.GetUtcNow(), null);
        await work.ExecuteAsync(
            "insert into sso_domains (workspace_id, domain, token, created_at) values (@id, @Domain, @Token, @CreatedAt)",
            new { id, row.Domain, row.Token, row.CreatedAt }, cancellationToken);
        work.Publish(services.Audit.Entry("sso.domainAdded", "ssoDomain", domain, workspace: id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(row.ToResponse());
    }

    /// <summary>
    /// POST /workspaces/{id}/sso/domains/{domain}/verify. Only one workspace holds a domain. A later one takes it over with its own record
    /// once the record of the first is gone.
    /// </summary>
    public static async Task<Results<Ok<DomainResponse>, ProblemHttpResult>> VerifyAsync(
        Guid id, string domain, [AsParameters] SsoServices services, DomainRecords dns, SsoRequirement requirement, CancellationToken cancellationToken)
    {
        Row? claimed;
        Holder? holder;
        await using (var connection = await services.Database.OpenAsync(cancellationToken))
        {
            if ((await services.Access.FindAsync(connection, id, cancellationToken)).IsRefused(out var stranger, out _))
            {
                return stranger;
            }

            claimed = TryParse(domain, out var parsed) ? await FindAsync(connection, id, parsed, cancellationToken) : null;
            if (claimed is null)
            {
                return Problems.NotFound.Result(IdentityTexts.Of("sso.addDomainFirst"));
            }

            holder = await connection.QuerySingleOrDefaultAsync<Holder>(
                """
                -- every workspace: a domain is verified for one of all
                select workspace_id, token from sso_domains where domain = @Domain and verified_at is not null and workspace_id <> @id
                """,
                new { claimed.Domain, id }, cancellationToken);
        }

        if (await CheckRecordsAsync(dns, claimed, holder, cancellationToken) is { } unproven)
        {
            return unproven;
        }

        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken)).IsRefused(out var refusal, out _))
        {
            return refusal;
        }

        if (await WriteVerifiedAsync(work, id, claimed, holder, services, cancellationToken) is { } taken)
        {
            return taken;
        }

        if (await FindAsync(work.Connection, id, claimed.Domain, cancellationToken) is not { } after)
        {
            return Problems.NotFound.Result(IdentityTexts.Of("sso.addDomainFirst"));
        }

        if (claimed.VerifiedAt is null)
        {
            work.Publish(services.Audit.Entry("sso.domainVerified", "ssoDomain", claimed.Domain, workspace: id));
            if (await SsoConnections.ReadAsync(work.Connection, id, cancellationToken) is { Enforced: true })
            {
                await requirement.EndOtherSessionsAsync(work, id, cancellationToken);
            }
        }

        await work.CommitAsync(cancellationToken);
        return TypedResults.Ok(after.ToResponse());
    }

    /// <summary>DELETE /workspaces/{id}/sso/domains/{domain}</summary>
    public static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        Guid id, string domain, [AsParameters] SsoServices services, CancellationToken cancellationToken)
    {
        await using var work = await services.Database.BeginAsync(cancellationToken);
        if ((await services.Access.LockAsync(work, id, cancellationToken, evenIfDeletionIsScheduled: true)).IsRefused(out var refusal, out _))
        {
            return refusal;
        }

        if (!TryParse(domain, out var parsed) || await work.ExecuteAsync(
            "delete from sso_domains where workspace_id = @id and domain = @parsed", new { id, parsed }, cancellationToken) == 0)
        {
            return Problems.NotFound.Result();
        }

        work.Publish(services.Audit.Entry("sso.domainRemoved", "ssoDomain", parsed, workspace: id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<ProblemHttpResult?> CheckRecordsAsync(DomainRecords dns, Row claimed, Holder? holder, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> records;
        try
        {
            records = await dns.FindAsync(claimed.RecordName, cancellationToken);
        }
        catch (DnsUnavailableException)
        {
            return Problems.Unavailable.Result(IdentityTexts.Of("sso.dnsFailed"));
        }

        if (!records.Contains(claimed.RecordValue, StringComparer.Ordinal))
        {
            return Problems.Conflict.Result(IdentityTexts.Of("sso.noRecord", ("name", claimed.RecordName), ("value", claimed.RecordValue)));
        }

        return holder is not null && records.Contains(ValueOf(holder.Token), StringComparer.Ordinal)
            ? Problems.Conflict.Result(IdentityTexts.Of("sso.recordElsewhere"))
            : null;
    }

    private static async Task<ProblemHttpResult?> WriteVerifiedAsync(
        UnitOfWork work, Guid id, Row claimed, Holder? holder, SsoServices services, CancellationToken cancellationToken)
    {
        if (holder is not null)
        {
            await work.ExecuteAsync(
                "update sso_domains set verified_at = null where workspace_id = @WorkspaceId and domain = @Domain",
                new { holder.WorkspaceId, claimed.Domain }, cancellationToken);
            work.Publish(services.Audit.Entry("sso.domainLost", "ssoDomain", claimed.Domain, workspace: holder.WorkspaceId));
        }

        try
        {
            await work.ExecuteAsync(
                "update sso_domains set verified_at = coalesce(verified_at, @Now) where workspace_id = @id and domain = @Domain",
                new { id, claimed.Domain, Now = services.Time.GetUtcNow() }, cancellationToken);
            return null;
        }
        catch (PostgresException exception) when (exception.ConstraintName == "sso_domains_proven")
        {
            return Problems.Conflict.Result(IdentityTexts.Of("sso.verifiedElsewhere"));
        }
    }

    /// <summary>In the form that addresses are compared in.</summary>
    private static bool TryParse(string text, out string domain)
    {
        var isDomain = EmailAddress.TryParse($"a@{text.Trim().TrimEnd('.')}", out var address, out _);
        domain = isDomain ? StartSso.DomainOf(address!) : "";
        return isDomain;
    }

    private static Task<Row?> FindAsync(
        NpgsqlConnection connection, Guid workspaceId, string domain, CancellationToken cancellationToken) =>
        connection.QuerySingleOrDefaultAsync<Row>(
            "select domain, token, created_at, verified_at from sso_domains where workspace_id = @workspaceId and domain = @domain",
            new { workspaceId, domain }, cancellationToken);

    private static string ValueOf(string token) => "linkshort-sso=" + token;

    private sealed record Holder(Guid WorkspaceId, string Token);

    private sealed record Row(string Domain, string Token, DateTimeOffset CreatedAt, DateTimeOffset? VerifiedAt)
    {
        public string RecordName => "_linkshort-sso." + Domain;

        public string RecordValue => ValueOf(Token);

        public DomainResponse ToResponse() =>
            new(Domain, VerifiedAt is null ? "pending" : "verified", new DomainVerification("TXT", RecordName, RecordValue), CreatedAt, VerifiedAt);
    }
}
