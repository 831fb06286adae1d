using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Administration;

/// <summary>What pickers offer while an operator types. Without script, the server finds the text when the form is sent.</summary>
public static class PickEndpoints
{
    public static void MapPickers(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/pick/users", (HttpRequest request, OperatorSearch search, CancellationToken cancellationToken) => OptionsAsync(search.UsersAsync(Typed(request), cancellationToken)));
        admin.MapGet("/pick/workspaces", (HttpRequest request, OperatorSearch search, CancellationToken cancellationToken) => OptionsAsync(search.WorkspacesAsync(Typed(request), cancellationToken)));
    }

    /// <summary>The field's own name is the parameter's.</summary>
    private static string? Typed(HttpRequest request) => request.Query.FirstOrDefault().Value.ToString() is { Length: > 0 } typed ? typed : null;

    private static async Task<Results<RazorComponentResult<PickerOptions>, ProblemPage>> OptionsAsync(Task<ApiResult<List<NamedId>>> search) =>
        (await search).Succeeded(out var found, out var problem)
            ? new RazorComponentResult<PickerOptions>(new { Options = found.Select(choice => choice.Text) })
            : new ProblemPage(problem);
}
