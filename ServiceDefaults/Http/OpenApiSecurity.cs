using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>
/// Marks operations that need no token with an empty <c>security</c> list (OpenAPI 3.1.1, 4.8.10.1). The others say nothing: the
/// gateway, whose document is the public one, names the scheme for them.
/// </summary>
internal static class OpenApiSecurity
{
    public static void MarkAnonymousOperations(this OpenApiOptions options) => options.AddOperationTransformer((operation, context, _) =>
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [];
        }

        return Task.CompletedTask;
    });
}
