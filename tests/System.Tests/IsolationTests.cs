using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace LinkShort.SystemTests;

/// <summary>A second workspace can't see, change, delete or count the first one's resources: every operation returns 404 or omits them.</summary>
public sealed class IsolationTests(WholeSystem system)
{
    /// <summary>These require a secret from an email instead of a token; and announcements are public.</summary>
    private static readonly string[] WithoutToken =
        ["/api/v1/invitations/preview", "/api/v1/invitations/decline", "/api/v1/me/erasure/{id}", "/api/v1/announcements", "/api/v1/billing/plans", "/api/v1/billing/webhook"];

    [Fact]
    public async Task Every_operation_on_a_resource_of_another_workspace_is_404_and_changes_nothing()
    {
        using var owner = await system.NewUserAsync();
        using var stranger = await system.NewUserAsync();
        var link = await owner.CreateLinkAsync("https://example.com/mine");
        var key = await CreateKeyAsync(owner);
        var operations = (await ApiOperation.ReadAllAsync(system.Gateway)).Where(operation => operation.Path.Contains("{id}")).ToList();
        operations.ShouldNotBeEmpty();

        var answers = new List<string>();
        foreach (var operation in operations)
        {
            // For any type of resource in the path, the id exists.
            foreach (var id in new[] { link.Id, key })
            {
                using var request = operation.Request(id.ToString());
                if (operation.BodyProperties is { } properties)
                {
                    request.Content = JsonContent.Create(properties.Where(Values.ContainsKey).ToDictionary(name => name, name => Values[name]));
                }

                using var answer = await stranger.Http.SendAsync(request);
                answers.Add($"{operation} {(int)answer.StatusCode}");
            }
        }

        // Operations for operators don't reveal to other callers what exists.
        answers.ShouldAllBe(answer => answer.EndsWith(answer.Contains(ApiOperation.OfOperators, StringComparison.Ordinal) ? " 403" : " 404", StringComparison.Ordinal));
        (await owner.Http.GetFromJsonAsync<JsonElement>($"/api/v1/links/{link.Id}")).GetProperty("version").GetInt64().ShouldBe(link.Version);
        (await owner.Http.GetStringAsync(new Uri("/api/v1/api-keys", UriKind.Relative))).ShouldContain(key.ToString());
    }

    [Fact]
    public async Task No_list_shows_what_belongs_to_another_workspace()
    {
        using var owner = await system.NewUserAsync();
        using var stranger = await system.NewUserAsync();
        var link = await owner.CreateLinkAsync("https://example.com/only-mine");
        var key = await CreateKeyAsync(owner);
        var lists = (await ApiOperation.ReadAllAsync(system.Gateway)).Where(operation => operation.Method == HttpMethod.Get && !operation.Path.Contains('{')).ToList();
        lists.Select(list => list.Path).ShouldContain("/api/v1/links");

        foreach (var list in lists)
        {
            using var answer = await stranger.Http.GetAsync(new Uri(list.Path, UriKind.Relative));
            var text = await answer.Content.ReadAsStringAsync();
            ((int)answer.StatusCode).ShouldBeLessThan(500, $"{list}: {text}");
            text.ShouldNotContain(link.Id.ToString(), customMessage: list.ToString());
            text.ShouldNotContain(link.Code, customMessage: list.ToString());
            text.ShouldNotContain(key.ToString(), customMessage: list.ToString());
            text.ShouldNotContain(owner.Email, customMessage: list.ToString());
        }
    }

    [Fact]
    public async Task Every_operation_needs_a_token_except_those_that_issue_one()
    {
        using var anonymous = LinkShortClient.Anonymous(system.Gateway);
        var operations = await ApiOperation.ReadAllAsync(system.Gateway);
        WithoutToken.ShouldBeSubsetOf(operations.Select(operation => operation.Path));
        foreach (var operation in operations.Where(operation =>
            !operation.Path.StartsWith("/api/v1/auth/", StringComparison.Ordinal) && !WithoutToken.Contains(operation.Path)))
        {
            using var request = operation.Request(Guid.NewGuid().ToString());
            using var answer = await anonymous.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, operation.ToString());
            answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json", operation.ToString());
        }
    }

    [Fact]
    public async Task Nothing_internal_is_reachable_through_the_gateway()
    {
        using var user = await system.NewUserAsync();
        foreach (var path in new[] { "/internal/routes", "/%69nternal/routes", "//internal/routes", "/api/../internal/routes", "/api/v1/../../internal/routes", "/openapi/v1.json" })
        {
            using var answer = await user.Http.GetAsync(new Uri(system.Gateway.GetLeftPart(UriPartial.Authority) + path));
            answer.StatusCode.ShouldNotBe(HttpStatusCode.OK, path);
        }
    }

    /// <summary>Valid values, so that only the workspace is wrong.</summary>
    private static readonly Dictionary<string, object> Values = new(StringComparer.Ordinal)
    {
        ["title"] = "stolen",
        ["name"] = "stolen",
        ["overlapSeconds"] = 60,
        ["email"] = "thief@example.com",
        ["role"] = "admin",
        ["userId"] = Guid.NewGuid(),
        ["issuer"] = "https://example.com",
        ["clientId"] = "thief",
        ["domain"] = "example.com",
    };

    private static async Task<Guid> CreateKeyAsync(LinkShortClient user)
    {
        using var answer = await user.Http.PostAsJsonAsync("/api/v1/api-keys", new { name = "ci", scopes = new[] { "links:read" } });
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid();
    }
}
