using System.Diagnostics;
using System.Net.Http.Json;

namespace LinkShort.Identity.Tests;

/// <summary>Not in parallel with other tests, which would affect the measurement.</summary>
[Collection(nameof(EqualTimesTests))]
[CollectionDefinition(nameof(EqualTimesTests), DisableParallelization = true)]
public sealed class EqualTimesTests(IdentityApplication identity)
{
    private const string Login = "/api/v1/auth/login";

    [Fact]
    public async Task Known_and_unknown_addresses_take_the_same_time()
    {
        // Below every limit, and the same requests for both addresses: otherwise the limits would be measured. Interleaved, so that the
        // machine's load affects both.
        await using var host = identity.Another(
            ("Identity:PasswordHashIterations", "110000"), ("Identity:LockoutAttempts", "100"), ("Identity:Throttle:FailuresPerAccount", "1000000"),
            ("Identity:Throttle:MailsPerEmail", "1000000"));
        var account = await Account.RegisterAsync(host);
        var stranger = Account.NewEmail();
        using var client = host.CreateClient();
        foreach (var path in new[] { Login, "/api/v1/auth/password/forgot", "/api/v1/auth/email/resend" })
        {
            var known = new List<double>();
            var unknown = new List<double>();
            for (var round = 0; round < 40; round++)
            {
                var first = round % 2 == 0;
                (first ? known : unknown).Add(await TimeAsync(path, first ? account.Email : stranger));
                (first ? unknown : known).Add(await TimeAsync(path, first ? stranger : account.Email));
            }

            // Mann-Whitney: how often a known address takes longer than an unknown one. It is half of the time if the times reveal nothing;
            // with 40 of each, it is outside of this range by chance once in ten thousand runs.
            var longer = known.Sum(time => unknown.Count(other => time > other)) / (double)(known.Count * unknown.Count);
            longer.ShouldBeInRange(0.25, 0.75, path);
        }

        async Task<double> TimeAsync(string path, string email)
        {
            var clock = Stopwatch.StartNew();
            using var response = await client.PostAsJsonAsync(path, path == Login ? new { email, password = "Wrong-Horse-7-Battery" } : (object)new { email });
            ((int)response.StatusCode).ShouldBeOneOf(204, 401);
            return clock.Elapsed.TotalMilliseconds;
        }
    }
}
