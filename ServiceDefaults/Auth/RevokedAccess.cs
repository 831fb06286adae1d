using System.Collections.Concurrent;
using System.Security.Claims;
using LinkShort.Contracts;
using Microsoft.IdentityModel.JsonWebTokens;

namespace LinkShort.ServiceDefaults.Auth;

/// <summary>
/// Access tokens that are refused although they have not expired, because identity revoked them. Kept in memory; a request takes at most five
/// lookups, which don't allocate. Filled by <see cref="RevocationFeed"/> and by events.
/// </summary>
public sealed class RevokedAccess(TimeProvider time)
{
    /// <summary>About 10 MB. Entries live as long as a token, ten minutes by default.</summary>
    internal const int MostEntries = 100_000;

    // A fixed number of locks: Count, which every revocation reads, takes all of them, and by default they grow to a thousand.
    private readonly ConcurrentDictionary<Subject, Entry> _entries = new(concurrencyLevel: Environment.ProcessorCount, capacity: 31);
    private long _floor;

    private enum Kind : byte
    {
        Session,
        User,
        Member,
        Workspace,
        ApiKey,
    }

    public int Count => _entries.Count;

    /// <summary>Revocations may arrive more than once and in any order.</summary>
    public void Apply(AccessRevoked revocation)
    {
        ArgumentNullException.ThrowIfNull(revocation);
        if (SubjectOf(revocation) is not { } subject || revocation.EndsAt <= time.GetUtcNow())
        {
            // A kind that this version doesn't know refers to a claim that it doesn't know either.
            return;
        }

        if (_entries.Count >= MostEntries)
        {
            Forget();
            if (_entries.Count >= MostEntries)
            {
                // Full: rather than accept a revoked token, refuse every token issued until now. Clients refresh once.
                Volatile.Write(ref _floor, time.GetUtcNow().ToUnixTimeMilliseconds());
                _entries.Clear();
            }
        }

        var entry = new Entry(revocation.IssuedBefore.ToUnixTimeMilliseconds(), revocation.EndsAt.ToUnixTimeMilliseconds());
        _entries.AddOrUpdate(
            subject,
            static (_, added) => added,
            static (_, known, added) => new Entry(Math.Max(known.IssuedBefore, added.IssuedBefore), Math.Max(known.EndsAt, added.EndsAt)),
            entry);
    }

    /// <summary>Drops the revocations whose tokens have all expired.</summary>
    public void Forget()
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (subject, entry) in _entries)
        {
            if (entry.EndsAt <= now)
            {
                _entries.TryRemove(subject, out _);
            }
        }
    }

    /// <summary>Checks a validated token's claims. A token without time of issue, user, workspace, and session or key counts as revoked.</summary>
    public bool IsRevoked(ClaimsPrincipal token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return IsRevoked(
            token.FindFirst(Tokens.Claims.IssuedAtMs)?.Value,
            token.FindFirst(Tokens.Claims.Subject)?.Value,
            token.FindFirst(Tokens.Claims.Workspace)?.Value,
            token.FindFirst(Tokens.Claims.Session)?.Value,
            token.FindFirst(Tokens.Claims.ApiKey)?.Value);
    }

    /// <summary>Checks a token whose signature was verified before, or that identity just returned.</summary>
    public bool IsRevoked(string token)
    {
        var parsed = new JsonWebToken(token);
        return IsRevoked(
            Claim(Tokens.Claims.IssuedAtMs), Claim(Tokens.Claims.Subject), Claim(Tokens.Claims.Workspace), Claim(Tokens.Claims.Session), Claim(Tokens.Claims.ApiKey));

        string? Claim(string name) => parsed.TryGetClaim(name, out var claim) ? claim.Value : null;
    }

    private bool IsRevoked(string? issuedAtMs, string? user, string? workspace, string? session, string? apiKey)
    {
        if (!long.TryParse(issuedAtMs, out var issuedAt) || !Guid.TryParse(user, out var userId) || !Guid.TryParse(workspace, out var workspaceId)
            || issuedAt < Volatile.Read(ref _floor))
        {
            return true;
        }

        // A session's token names the session, an API key's token the key: exactly one of them.
        var isSession = Guid.TryParse(session, out var sessionId);
        if (isSession ? apiKey is not null : session is not null)
        {
            return true;
        }

        if (!isSession && !Guid.TryParse(apiKey, out sessionId))
        {
            return true;
        }

        return !_entries.IsEmpty
            && (Has(new Subject(isSession ? Kind.Session : Kind.ApiKey, sessionId, default), issuedAt)
                || Has(new Subject(Kind.User, userId, default), issuedAt)
                || Has(new Subject(Kind.Member, userId, workspaceId), issuedAt)
                || Has(new Subject(Kind.Workspace, workspaceId, default), issuedAt));
    }

    private bool Has(Subject subject, long issuedAt) => _entries.TryGetValue(subject, out var entry) && issuedAt < entry.IssuedBefore;

    private static Subject? SubjectOf(AccessRevoked revocation)
    {
        Kind? kind = revocation.Kind switch
        {
            RevocationKinds.Session => Kind.Session,
            RevocationKinds.User => Kind.User,
            RevocationKinds.Member => Kind.Member,
            RevocationKinds.Workspace => Kind.Workspace,
            RevocationKinds.ApiKey => Kind.ApiKey,
            _ => null,
        };
        if (kind is null)
        {
            return null;
        }

        var ids = revocation.Subject.AsSpan();
        var colon = ids.IndexOf(':');
        return kind == Kind.Member
            ? colon > 0 && Guid.TryParse(ids[..colon], out var user) && Guid.TryParse(ids[(colon + 1)..], out var workspace)
                ? new Subject(Kind.Member, user, workspace)
                : null
            : Guid.TryParse(ids, out var id) ? new Subject(kind.Value, id, default) : null;
    }

    private readonly record struct Subject(Kind Kind, Guid Id, Guid Workspace);

    /// <summary>Unix milliseconds.</summary>
    private readonly record struct Entry(long IssuedBefore, long EndsAt);
}
