using System.Net;
using System.Security.Claims;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Tests.Auth;

public sealed class RevokedAccessTests
{
    private static readonly Guid User = Guid.Parse("0197a1f0-0000-7000-8000-000000000001");
    private static readonly Guid Workspace = Guid.Parse("0197a1f0-0000-7000-8000-000000000002");
    private static readonly Guid Session = Guid.Parse("0197a1f0-0000-7000-8000-000000000003");

    public static TheoryData<string, string> Revocations => new()
    {
        { RevocationKinds.Session, Session.ToString() },
        { RevocationKinds.User, User.ToString() },
        { RevocationKinds.Workspace, Workspace.ToString() },
        { RevocationKinds.Member, $"{User}:{Workspace}" },
    };

    [Theory]
    [MemberData(nameof(Revocations))]
    public void A_token_issued_before_a_revocation_is_refused_and_a_later_one_is_not(string kind, string subject)
    {
        var time = new ManualTime();
        var revoked = new RevokedAccess(time);
        var issuedAt = time.GetUtcNow();
        var before = Token(issuedAt);
        revoked.IsRevoked(before).ShouldBeFalse();

        revoked.Apply(Revocation(time, kind, subject, issuedAt.AddMilliseconds(1)));

        revoked.IsRevoked(before).ShouldBeTrue();
        revoked.IsRevoked(Token(issuedAt.AddMilliseconds(1))).ShouldBeFalse("the very millisecond of the revocation is after it");
        revoked.IsRevoked(Token(issuedAt, user: Guid.NewGuid(), workspace: Guid.NewGuid(), session: Guid.NewGuid())).ShouldBeFalse("another one's");

        // An older revocation that arrives late has no effect.
        revoked.Apply(Revocation(time, kind, subject, issuedAt.AddMinutes(-5)));
        revoked.IsRevoked(before).ShouldBeTrue();
    }

    [Fact]
    public void A_member_is_refused_in_that_workspace_only()
    {
        var time = new ManualTime();
        var revoked = new RevokedAccess(time);
        revoked.Apply(Revocation(time, RevocationKinds.Member, $"{User}:{Workspace}", time.GetUtcNow().AddSeconds(1)));
        revoked.IsRevoked(Token(time.GetUtcNow())).ShouldBeTrue();
        revoked.IsRevoked(Token(time.GetUtcNow(), workspace: Guid.NewGuid())).ShouldBeFalse();
        revoked.IsRevoked(Token(time.GetUtcNow(), user: Guid.NewGuid())).ShouldBeFalse();
    }

    [Fact]
    public void The_id_of_an_API_key_is_not_that_of_a_session()
    {
        var time = new ManualTime();
        var revoked = new RevokedAccess(time);
        revoked.Apply(Revocation(time, RevocationKinds.ApiKey, Session.ToString(), time.GetUtcNow().AddSeconds(1)));
        revoked.IsRevoked(Token(time.GetUtcNow())).ShouldBeFalse();
        var key = new ClaimsPrincipal(new ClaimsIdentity(
            Token(time.GetUtcNow()).Claims.Where(claim => claim.Type != Tokens.Claims.Session).Append(new Claim(Tokens.Claims.ApiKey, Session.ToString()))));
        revoked.IsRevoked(key).ShouldBeTrue();
    }

    [Theory]
    [InlineData(Tokens.Claims.Session, null)]
    [InlineData(Tokens.Claims.Session, "root")]
    [InlineData(Tokens.Claims.IssuedAtMs, null)]
    [InlineData(Tokens.Claims.IssuedAtMs, "yesterday")]
    [InlineData(Tokens.Claims.ApiKey, "0197a1f0-0000-7000-8000-000000000009")]
    public void A_token_without_the_claims_to_check_its_revocation_is_refused(string claim, string? value)
    {
        var time = new ManualTime();
        var claims = Token(time.GetUtcNow()).Claims.Where(each => each.Type != claim);
        new RevokedAccess(time).IsRevoked(new ClaimsPrincipal(new ClaimsIdentity(value is null ? claims : claims.Append(new Claim(claim, value))))).ShouldBeTrue();
    }

    [Theory]
    [InlineData("session", "not an id")]
    [InlineData("member", "0197a1f0-0000-7000-8000-000000000001")]
    [InlineData("member", ":")]
    [InlineData("somethingNew", "0197a1f0-0000-7000-8000-000000000001")]
    public void An_unknown_kind_of_revocation_has_no_effect(string kind, string subject)
    {
        var time = new ManualTime();
        var revoked = new RevokedAccess(time);
        revoked.Apply(Revocation(time, kind, subject, time.GetUtcNow()));
        revoked.Count.ShouldBe(0);
        revoked.IsRevoked(Token(time.GetUtcNow())).ShouldBeFalse();
    }

    [Fact]
    public void Revocations_are_dropped_when_their_tokens_expire_and_are_limited_in_number()
    {
        var time = new ManualTime();
        var revoked = new RevokedAccess(time);
        revoked.Apply(Revocation(time, RevocationKinds.Session, Guid.NewGuid().ToString(), time.GetUtcNow()));
        time.Advance(TimeSpan.FromMinutes(11));
        revoked.Forget();
        revoked.Count.ShouldBe(0);

        var issued = Token(time.GetUtcNow());
        time.Advance(TimeSpan.FromSeconds(1));
        for (var i = 0; i <= RevokedAccess.MostEntries; i++)
        {
            revoked.Apply(Revocation(time, RevocationKinds.Session, Guid.NewGuid().ToString(), time.GetUtcNow().AddMinutes(10)));
        }

        revoked.Count.ShouldBeLessThanOrEqualTo(RevokedAccess.MostEntries);
        revoked.IsRevoked(issued).ShouldBeTrue("what was forgotten for want of room must not pass: everybody refreshes once");
        revoked.IsRevoked(Token(time.GetUtcNow())).ShouldBeFalse();
    }

    [Fact]
    public void Looking_up_allocates_nothing()
    {
        var time = new ManualTime();
        var revoked = new RevokedAccess(time);
        for (var i = 0; i < 1000; i++)
        {
            revoked.Apply(Revocation(time, RevocationKinds.Session, Guid.NewGuid().ToString(), time.GetUtcNow().AddMinutes(1)));
        }

        var token = Token(time.GetUtcNow());
        for (var i = 0; i < 1000; i++)
        {
            revoked.IsRevoked(token);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            revoked.IsRevoked(token);
        }

        // Enumerating the claims allocates (five enumerators); the lookups don't.
        ((GC.GetAllocatedBytesForCurrentThread() - before) / 1000).ShouldBeLessThan(1024);
    }

    [Fact]
    public async Task A_service_refuses_revoked_tokens_and_reads_revocations_itself_without_a_broker()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);
        var token = identity.Sign();
        using (var good = await AccessTokenTests.GetAsync(service, "/read", token))
        {
            good.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var now = TimeProvider.System.GetUtcNow();
        identity.Revoked.Enqueue(new AccessRevoked(Guid.NewGuid(), RevocationKinds.Session, Session.ToString(), now.AddMinutes(10), now.AddMinutes(10)));
        await Wait.HoldsAsync(async () => (await AccessTokenTests.GetAsync(service, "/read", token)).StatusCode == HttpStatusCode.Unauthorized);
        using var refused = await AccessTokenTests.GetAsync(service, "/read", token);
        await refused.ShouldBeProblemAsync(401, "unauthorized");

        await identity.GoDownAsync();
        using var still = await AccessTokenTests.GetAsync(service, "/read", token);
        await still.ShouldBeProblemAsync(401, "unauthorized");
        using var other = await AccessTokenTests.GetAsync(service, "/read", identity.Sign(descriptor => descriptor.Claims[Tokens.Claims.Session] = Guid.NewGuid().ToString()));
        other.StatusCode.ShouldBe(HttpStatusCode.OK, "known revocations remain in effect");
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(404, "")]
    [InlineData(200, "{}")]
    [InlineData(200, "nonsense")]
    public async Task Until_revocations_were_read_no_token_is_accepted(int status, string body)
    {
        await using var identity = await IdentityStandIn.StartAsync();
        identity.RevocationsInstead = context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(body);
        };
        await using var service = await StartAsync(identity);
        using (var response = await AccessTokenTests.GetAsync(service, "/read", identity.Sign()))
        {
            await response.ShouldBeProblemAsync(503, "unavailable");
        }

        identity.RevocationsInstead = null;
        await Wait.HoldsAsync(async () => (await AccessTokenTests.GetAsync(service, "/read", identity.Sign())).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_action_that_needs_a_recent_sign_in_is_refused_after_fifteen_minutes_and_to_API_keys()
    {
        await using var identity = await IdentityStandIn.StartAsync();
        await using var service = await StartAsync(identity);
        using (var recent = await AskAsync(14))
        {
            recent.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        foreach (var minutes in new[] { 16, 60 * 24 * 30 })
        {
            using var old = await AskAsync(minutes);
            await old.ShouldBeProblemAsync(403, "recent-sign-in-required");
        }

        using var unknown = await AccessTokenTests.GetAsync(service, "/delicate", identity.Sign());
        await unknown.ShouldBeProblemAsync(403, "recent-sign-in-required");
        using var key = await AccessTokenTests.GetAsync(service, "/delicate", identity.Sign(token =>
        {
            token.Claims.Remove(Tokens.Claims.Session);
            token.Claims[Tokens.Claims.ApiKey] = Guid.NewGuid().ToString();
            token.Claims[Tokens.Claims.AuthenticatedAt] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        }));
        await key.ShouldBeProblemAsync(403, "recent-sign-in-required");

        Task<HttpResponseMessage> AskAsync(int minutesAgo) => AccessTokenTests.GetAsync(service, "/delicate", identity.Sign(token =>
            token.Claims[Tokens.Claims.AuthenticatedAt] = TimeProvider.System.GetUtcNow().AddMinutes(-minutesAgo).ToUnixTimeSeconds()));
    }

    private static Task<TestedService> StartAsync(IdentityStandIn identity) => TestedService.StartAsync(
        app =>
        {
            app.MapGet("/read", (CurrentUser user) => user).RequireAuthorization(Permissions.LinksRead);
            app.MapGet("/delicate", (CurrentUser user) => user).RequireAuthorization(Permissions.LinksRead).RequireRecentSignIn();
        },
        settings: [identity.Setting, ("Http:Resilience:BaseDelay", "00:00:00.010"), ("Http:Resilience:MaxRetries", "0")]);

    private static AccessRevoked Revocation(TimeProvider time, string kind, string subject, DateTimeOffset issuedBefore) =>
        new(Guid.NewGuid(), kind, subject, issuedBefore, time.GetUtcNow().AddMinutes(10));

    private static ClaimsPrincipal Token(DateTimeOffset issuedAt, Guid? user = null, Guid? workspace = null, Guid? session = null) =>
        new(new ClaimsIdentity(
        [
            new Claim(Tokens.Claims.Subject, (user ?? User).ToString()),
            new Claim(Tokens.Claims.Workspace, (workspace ?? Workspace).ToString()),
            new Claim(Tokens.Claims.Session, (session ?? Session).ToString()),
            new Claim(Tokens.Claims.IssuedAtMs, issuedAt.ToUnixTimeMilliseconds().ToString(System.Globalization.CultureInfo.InvariantCulture)),
        ]));
}
