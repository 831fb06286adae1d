using LinkShort.Contracts;
using LinkShort.Identity.Administration.Suspensions;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Identity.ApiKeys;

public static class ApiKeysExtensions
{
    public static void MapApiKeys(this IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("API keys")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden);
        keys.MapGet("/", ListApiKeys.HandleAsync).RequireAuthorization(Permissions.ApiKeysRead).WithName("ListApiKeys")
            .WithSummary("Lists your API keys in the workspace, or everyone's if you are an admin, newest first");
        keys.MapGet("/{id}", ListApiKeys.OneAsync).RequireAuthorization(Permissions.ApiKeysRead).WithName("GetApiKey")
            .WithSummary("Returns an API key without its secret")
            .ProducesProblem(StatusCodes.Status404NotFound);
        keys.MapPost("/", CreateApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).AddEndpointFilter<RefuseSuspendedWorkspace>().WithName("CreateApiKey")
            .WithSummary("Creates an API key. The key is shown only in this response")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithIdempotency(secretAnswer: true);
        keys.MapPatch("/{id}", ChangeApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).AddEndpointFilter<RefuseSuspendedWorkspace>().WithName("ChangeApiKey")
            .WithSummary("Changes the name, scopes, allowed networks or expiry of your API key")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status412PreconditionFailed);
        keys.MapPost("/{id}/rotate", RotateApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).AddEndpointFilter<RefuseSuspendedWorkspace>().WithName("RotateApiKey")
            .WithSummary("Replaces an API key with a new one. The old key stays valid for the overlap")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithIdempotency(secretAnswer: true);
        keys.MapDelete("/{id}", RevokeApiKey.HandleAsync).RequireAuthorization(Permissions.ApiKeysManage).WithName("RevokeApiKey")
            .WithSummary("Revokes your API key, or anyone's if you are an admin. It is refused everywhere within a second")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }
}
