using LinkShort.Contracts;
using LinkShort.Identity.Suspensions;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.ApiKeys;

public static class ApiKeyEndpoints
{
    public static void MapApiKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("API keys")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        keys.MapGet("/", ListApiKeys.HandleAsync).RequireAuthorization(Permissions.ApiKeysRead).WithName("ListApiKeys")
            .WithSummary("One's own API keys in the workspace, for admins everybody's; newest first");
        keys.MapGet("/{id}", ListApiKeys.OneAsync).RequireAuthorization(Permissions.ApiKeysRead).WithName("GetApiKey")
            .WithSummary("An API key, without its secret")
            .ProducesProblem(StatusCodes.Status404NotFound);
        keys.MapPost("/", CreateApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).AddEndpointFilter<RefuseSuspendedWorkspace>().WithName("CreateApiKey")
            .WithSummary("Creates an API key; the answer is the only place where it is ever shown")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithIdempotency(secretAnswer: true);
        keys.MapPatch("/{id}", ChangeApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).AddEndpointFilter<RefuseSuspendedWorkspace>().WithName("ChangeApiKey")
            .WithSummary("Changes name, scopes, allowed networks or expiry of one's own API key")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        keys.MapPost("/{id}/rotate", RotateApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).AddEndpointFilter<RefuseSuspendedWorkspace>().WithName("RotateApiKey")
            .WithSummary("A new secret in the place of an API key; the old one stays valid for the overlap")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithIdempotency(secretAnswer: true);
        keys.MapDelete("/{id}", RevokeApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).WithName("RevokeApiKey")
            .WithSummary("Revokes one's own API key, as admin anybody's; it is refused everywhere within a second")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
