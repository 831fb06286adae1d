using System.Data;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;

namespace LinkShort.Identity.AuditLog;

/// <summary>GET /api/v1/audit-log/verify</summary>
public static class VerifyAuditLog
{
    /// <param name="Checked">The number of recomputed entries.</param>
    /// <param name="FirstBroken">Null for an intact log.</param>
    /// <param name="Head">Keep a copy outside of this installation: a log that later lacks it was rewritten.</param>
    public sealed record Response(bool Valid, long Checked, Broken? FirstBroken, Head Head);

    /// <param name="Sequence">The changed or missing entry.</param>
    /// <param name="Why">In the caller's language.</param>
    public sealed record Broken(long Sequence, string Why);

    /// <param name="Hash">Lower-case hex.</param>
    public sealed record Head(long Sequence, string Hash);

    public static async Task<Ok<Response>> HandleAsync(CurrentWorkspace workspace, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        return TypedResults.Ok((await VerifyAsync(connection, workspace.Id, cancellationToken)).In(context));
    }

    /// <summary>Reads the whole chain row by row, in one snapshot.</summary>
    internal static async Task<Verdict> VerifyAsync(NpgsqlConnection connection, Guid chain, CancellationToken cancellationToken)
    {
        // Otherwise entries appended meanwhile would look like entries past the end.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        var end = await connection.QuerySingleOrDefaultAsync<Ends>(
            "select last_sequence, last_hash, anchor_sequence, anchor_hash from audit_chains where chain = @chain",
            new { chain }, cancellationToken)
            ?? new Ends(0, AuditHash.Start, 0, AuditHash.Start);
        var walk = new Walk(end);
        // every workspace: a chain is one workspace's or one user's, and the caller names it
        var sql = $"select {AuditRow.Columns} from audit_log where chain = @chain order by sequence";
        await foreach (var row in connection.QueryUnbufferedAsync<AuditRow>(sql, new { chain }, transaction).WithCancellation(cancellationToken))
        {
            if (walk.Take(row) is { } broken)
            {
                return new Verdict(walk.Checked, broken, HeadOf(end));
            }
        }

        return new Verdict(walk.Checked, walk.End(), HeadOf(end));
    }

    private static Head HeadOf(Ends end) => new(end.LastSequence, Convert.ToHexStringLower(end.LastHash));

    /// <param name="FirstBroken">Null for an intact log.</param>
    internal sealed record Verdict(long Checked, Break? FirstBroken, Head Head)
    {
        /// <summary>In the language that the caller accepts, as problems are.</summary>
        public Response In(HttpContext context)
        {
            var language = IdentityTexts.AnswerIn(context);
            return new Response(FirstBroken is null, Checked, FirstBroken is null ? null : new Broken(FirstBroken.Sequence, FirstBroken.Why.In(language)), Head);
        }
    }

    internal sealed record Break(long Sequence, LocalizedText Why);

    private sealed record Ends(long LastSequence, byte[] LastHash, long AnchorSequence, byte[] AnchorHash);

    private sealed class Walk(Ends end)
    {
        // Removed details, with the users they belong to; and per erased user the sequence of the last erasure entry.
        private readonly List<(long Sequence, Guid[] People)> _removedDetails = [];
        private readonly Dictionary<Guid, long> _erasedUpTo = [];
        private long _sequence = end.AnchorSequence;
        private byte[] _hash = end.AnchorHash;
        private bool _anchored = end.AnchorSequence == 0;

        public long Checked { get; private set; }

        public Break? Take(AuditRow row)
        {
            var expected = _sequence + 1;
            if (row.Sequence > expected)
            {
                return new Break(expected, IdentityTexts.Of("auditLog.missing", ("n", expected)));
            }

            if (row.Sequence < expected)
            {
                return new Break(row.Sequence, IdentityTexts.Of("auditLog.duplicate", ("n", row.Sequence)));
            }

            if (row.Encoding != AuditHash.Version)
            {
                return new Break(row.Sequence, IdentityTexts.Of("auditLog.encoding", ("encoding", row.Encoding)));
            }

            if (!row.PreviousHash.AsSpan().SequenceEqual(_hash))
            {
                return new Break(row.Sequence, IdentityTexts.Of("auditLog.chain"));
            }

            if (!AuditHash.Of(row).AsSpan().SequenceEqual(row.Hash))
            {
                return new Break(row.Sequence, IdentityTexts.Of("auditLog.changed"));
            }

            if (!row.DetailsErased && !AuditHash.OfDetails(row).AsSpan().SequenceEqual(row.DetailsDigest))
            {
                return new Break(row.Sequence, IdentityTexts.Of("auditLog.detailsChanged"));
            }

            Checked++;
            _sequence = row.Sequence;
            _hash = row.Hash;
            if (row.DetailsErased)
            {
                _removedDetails.Add((row.Sequence, AuditErasure.PeopleOf(row)));
            }

            if (row.Action == AuditErasure.Action && row.ActorKind == "system" && Guid.TryParse(row.TargetId, out var erased))
            {
                _erasedUpTo[erased] = row.Sequence;
            }

            _anchored = _anchored || Attests(row);
            return null;
        }

        public Break? End()
        {
            if (_sequence != end.LastSequence)
            {
                return new Break(_sequence + 1, _sequence < end.LastSequence
                    ? IdentityTexts.Of("auditLog.endMissing", ("first", _sequence + 1), ("last", end.LastSequence))
                    : IdentityTexts.Of("auditLog.pastEnd", ("n", _sequence), ("last", end.LastSequence)));
            }

            if (!_hash.AsSpan().SequenceEqual(end.LastHash))
            {
                return new Break(_sequence, IdentityTexts.Of("auditLog.notLast"));
            }

            if (!_anchored)
            {
                return new Break(end.AnchorSequence, IdentityTexts.Of("auditLog.startMissing", ("last", end.AnchorSequence)));
            }

            return _removedDetails.Find(row => !row.People.Any(person => _erasedUpTo.GetValueOrDefault(person) > row.Sequence)) is { Sequence: > 0 } unexplained
                ? new Break(unexplained.Sequence, IdentityTexts.Of("auditLog.detailsRemoved"))
                : null;
        }

        /// <summary>Whether the entry records the retention that the chain's anchor claims.</summary>
        private bool Attests(AuditRow row)
        {
            if (row.Action != AuditRetention.Action || row.ActorKind != "system" || row.After is null)
            {
                return false;
            }

            try
            {
                return JsonNode.Parse(row.After) is JsonObject after
                    && after["through"]?.GetValue<long>() == end.AnchorSequence
                    && after["seal"]?.GetValue<string>() == Convert.ToHexStringLower(end.AnchorHash);
            }
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
                return false;
            }
        }
    }
}
