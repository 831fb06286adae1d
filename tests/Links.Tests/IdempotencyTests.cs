using System.Net;
using Dapper;
using LinkShort.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.Links.Tests;

public sealed class IdempotencyTests(LinksFixture fixture)
{
    private readonly LinksService _links = fixture.Links;

    [Fact]
    public async Task The_same_request_with_the_same_key_returns_the_first_response_again()
    {
        using var client = _links.ClientOf();
        var body = new { url = "https://example.com/once", title = "ünïcode" };
        var person = client;
        var first = await person.CreateAsync(body, "key 1");
        first.Status.ShouldBe(HttpStatusCode.Created, first.Text);
        first.Header("Idempotency-Replayed").ShouldBeNull();

        // The link has changed since, but the response hasn't.
        await client.ChangeAsync(first.Json["id"]!, new { title = "later" });
        var again = await person.CreateAsync(body, "key 1");
        again.Status.ShouldBe(HttpStatusCode.Created);
        again.Header("Idempotency-Replayed").ShouldBe("true");
        again.Text.ShouldBe(first.Text);
        foreach (var header in new[] { "Location", "ETag", "Content-Type" })
        {
            again.Header(header).ShouldNotBeNull();
            again.Header(header).ShouldBe(first.Header(header));
        }

        (await client.ListAllAsync("")).Count.ShouldBe(1);
        (await person.CreateAsync(body, "key 2")).Status.ShouldBe(HttpStatusCode.Created);
        (await client.ListAllAsync("")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_refused()
    {
        using var client = _links.ClientOf();
        await client.CreateAsync(new { url = "https://example.com/1" }, "k");
        (await client.CreateAsync(new { url = "https://example.com/2" }, "k")).ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "idempotency-mismatch");
        (await client.ListAllAsync("")).Count.ShouldBe(1);
        (await client.CreateAsync(new { url = "https://example.com/1" }, "k")).Header("Idempotency-Replayed").ShouldBe("true");
    }

    [Fact]
    public async Task Keys_belong_to_a_user_a_workspace_and_a_route()
    {
        var person = Guid.CreateVersion7();
        using var one = _links.ClientOf(user: person);
        using var elsewhere = _links.ClientOf(user: person);
        using var colleague = _links.ClientOf(one.Workspace);
        var body = new { url = "https://example.com/" };
        var ids = new List<string>();
        foreach (var client in new[] { one, elsewhere, colleague })
        {
            var answer = await client.CreateAsync(body, "shared");
            answer.Header("Idempotency-Replayed").ShouldBeNull();
            ids.Add((string)answer.Json["id"]!);
        }

        ids.Distinct().Count().ShouldBe(3);
        var archived = await one.SendAsync(HttpMethod.Post, $"/api/v1/links/{ids[0]}/archive", null, ("Idempotency-Key", "shared"));
        archived.Status.ShouldBe(HttpStatusCode.OK, archived.Text);
        // On the same route, another link's URL is another request.
        (await one.SendAsync(HttpMethod.Post, $"/api/v1/links/{ids[2]}/archive", null, ("Idempotency-Key", "shared")))
            .ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "idempotency-mismatch");
    }

    [Fact]
    public async Task A_key_works_for_archiving_and_restoring_too()
    {
        using var client = _links.ClientOf();
        var id = (await client.CreatedAsync())["id"]!;
        Task<ApiAnswer> PostAsync(string action, string key) => client.SendAsync(HttpMethod.Post, $"/api/v1/links/{id}/{action}", null, ("Idempotency-Key", key));
        (await PostAsync("archive", "a")).Header("ETag").ShouldBe("\"v2\"");
        (await PostAsync("restore", "r")).Header("ETag").ShouldBe("\"v3\"");
        var replay = await PostAsync("archive", "a");
        replay.Header("ETag").ShouldBe("\"v2\"");
        replay.Header("Idempotency-Replayed").ShouldBe("true");
        ((bool)(await client.GetAsync(id)).Json["archived"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task Concurrent_requests_with_one_key_run_once_and_the_others_wait_or_get_the_response()
    {
        using var client = _links.ClientOf();
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => client.CreateAsync(new { url = "https://example.com/race" }, "race")));
        var created = answers.Where(answer => answer.Status == HttpStatusCode.Created).ToArray();
        created.Count(answer => answer.Header("Idempotency-Replayed") is null).ShouldBe(1);
        created.Select(answer => answer.Text).Distinct().Count().ShouldBe(1);
        foreach (var answer in answers.Except(created))
        {
            answer.ShouldBeProblem(HttpStatusCode.Conflict, "request-in-progress");
            answer.Header("Retry-After").ShouldBe("1");
        }

        (await client.ListAllAsync("")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_second_request_is_refused_while_the_first_one_runs_until_its_process_counts_as_dead()
    {
        var clock = new SkippableTime();
        await using var links = await fixture.StartAsync(services: services => services.AddSingleton<TimeProvider>(clock));
        using var client = links.ClientOf();
        var body = new { url = "https://example.com/crash" };
        var first = await client.CreateAsync(body, "crash");
        // As if the process had died between its commit and storing the response.
        await using var connection = await links.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("update idempotency_keys set status = null, headers = null, body = null where workspace_id = @Workspace", new { client.Workspace });

        var second = await client.CreateAsync(body, "crash");
        second.ShouldBeProblem(HttpStatusCode.Conflict, "request-in-progress");
        second.Header("Retry-After").ShouldBe("1");
        (await client.CreateAsync(new { url = "https://example.com/other" }, "crash")).ShouldBeProblem(HttpStatusCode.UnprocessableEntity, "idempotency-mismatch");

        clock.Skip(TimeSpan.FromSeconds(61));
        var third = await client.CreateAsync(body, "crash");
        third.Status.ShouldBe(HttpStatusCode.Created, third.Text);
        ((string)third.Json["id"]!).ShouldBe((string)first.Json["id"]!);
        ((string)third.Json["code"]!).ShouldBe((string)first.Json["code"]!);
        (await client.ListAllAsync("")).Count.ShouldBe(1);
        (await client.CreateAsync(body, "crash")).Header("Idempotency-Replayed").ShouldBe("true");
    }

    [Fact]
    public async Task After_24_hours_a_key_is_new_and_its_row_is_deleted()
    {
        var clock = new SkippableTime();
        await using var links = await fixture.StartAsync(services: services => services.AddSingleton<TimeProvider>(clock));
        using var client = links.ClientOf();
        var body = new { url = "https://example.com/" };
        var first = await client.CreateAsync(body, "day");
        await client.CreateAsync(body, "other");
        clock.Skip(TimeSpan.FromHours(23));
        // Tokens use the machine's clock, so this one is still valid.
        (await client.CreateAsync(body, "day")).Header("Idempotency-Replayed").ShouldBe("true");
        clock.Skip(TimeSpan.FromHours(1));
        var second = await client.CreateAsync(new { url = "https://example.com/tomorrow" }, "day");
        second.Status.ShouldBe(HttpStatusCode.Created, second.Text);
        ((string)second.Json["id"]!).ShouldNotBe((string)first.Json["id"]!);

        clock.Skip(TimeSpan.FromHours(2));
        await Eventually.PassesAsync(async () =>
        {
            await using var connection = await links.Database.OpenConnectionAsync();
            (await connection.QueryAsync<string>("select key from idempotency_keys where workspace_id = @Workspace", new { client.Workspace })).ShouldBe(["day"]);
        });
    }

    [Fact]
    public async Task A_refused_request_leaves_the_key_available_for_the_corrected_one()
    {
        using var client = _links.ClientOf();
        (await client.CreateAsync(new { url = "nonsense" }, "fix")).ShouldRefuse("url");
        (await client.CreateAsync("{", "fix")).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await client.CreateAsync(new { url = "https://example.com/" }, "fix")).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_conflict_is_stored_like_a_success()
    {
        using var owner = _links.ClientOf();
        using var client = _links.ClientOf();
        var code = $"kept-{Guid.NewGuid():N}";
        var taken = await owner.CreatedAsync(new { url = "https://example.com/", code });
        var body = new { url = "https://example.com/", code };
        (await client.CreateAsync(body, "c")).ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
        await owner.DeletePermanentlyAsync(taken["id"]!);
        var again = await client.CreateAsync(body, "c");
        again.ShouldBeProblem(HttpStatusCode.Conflict, "code-taken");
        again.Header("Idempotency-Replayed").ShouldBe("true");
        (await client.CreateAsync(body, "d")).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_server_error_is_not_stored()
    {
        var draws = new System.Collections.Concurrent.ConcurrentQueue<string>(Enumerable.Repeat("taken22", 11));
        await using var links = await fixture.StartAsync(services: services => services.AddSingleton(
            new Domain.CodeGenerator(() => draws.TryDequeue(out var code) ? code : "free222")));
        using var client = links.ClientOf();
        await client.CreatedAsync();
        var body = new { url = "https://example.com/" };
        (await client.CreateAsync(body, "f")).Status.ShouldBe(HttpStatusCode.InternalServerError);
        var again = await client.CreateAsync(body, "f");
        again.Status.ShouldBe(HttpStatusCode.Created, again.Text);
        again.Header("Idempotency-Replayed").ShouldBeNull();
    }

    [Theory]
    [InlineData("a\u007Fb")]
    [InlineData("a\tb")]
    [InlineData("clé")]
    [InlineData("long")]
    public async Task A_bad_key_is_reported_and_nothing_is_created(string key)
    {
        using var client = _links.ClientOf();
        key = key == "long" ? new string('k', 256) : key;
        (await client.CreateAsync(new { url = "https://example.com/" }, key)).ShouldRefuse("Idempotency-Key");
        (await client.ListAllAsync("")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_keys_are_refused()
    {
        using var client = _links.ClientOf();
        (await client.SendAsync(HttpMethod.Post, "/api/v1/links", new { url = "https://example.com/" }, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")))
            .ShouldRefuse("Idempotency-Key");
        (await client.CreateAsync(new { url = "https://example.com/" }, new string('k', 255))).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_caller_without_permission_uses_up_no_key()
    {
        using var client = _links.ClientOf(scopes: "links:read");
        (await client.CreateAsync(new { url = "https://example.com/" }, "x")).Status.ShouldBe(HttpStatusCode.Forbidden);
        await using var connection = await _links.Database.OpenConnectionAsync();
        (await connection.QuerySingleAsync<int>("select count(*) from idempotency_keys where workspace_id = @Workspace", new { client.Workspace })).ShouldBe(0);
    }
}
