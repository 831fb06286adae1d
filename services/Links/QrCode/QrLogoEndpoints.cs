using System.Security.Cryptography;
using LinkShort.Contracts;
using LinkShort.Links.Safety;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.ServiceDefaults.Privacy;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace LinkShort.Links.QrCode;

/// <summary>/api/v1/qr-logo</summary>
public static class QrLogoEndpoints
{
    private static readonly string[] MediaTypes = ["application/octet-stream", "image/png", "image/jpeg", "image/webp"];

    public static void MapQrLogo(this IEndpointRouteBuilder routes)
    {
        var logo = routes.MapGroup("/api/v1/qr-logo").WithTags("QR codes")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        logo.MapGet("/", ReadAsync).WithName("GetQrLogo").RequireAuthorization(Permissions.LinksRead)
            .WithSummary("Returns the logo of the workspace's QR codes, a square PNG.")
            .Produces(StatusCodes.Status200OK, contentType: "image/png").Produces(StatusCodes.Status304NotModified);
        var write = logo.MapGroup("").RequireAuthorization(Permissions.LinksWrite).AddEndpointFilter<RefuseSuspended>();
        write.MapPut("/", ReplaceAsync).WithName("SetQrLogo")
            .WithMetadata(new RequestSizeLimitAttribute(QrLogo.MaxBody))
            .AddOpenApiOperationTransformer(DescribeBody)
            .WithSummary("Sets the logo of the workspace's QR codes, a PNG, JPEG or WebP picture.")
            .WithDescription($"At most 1 MiB and {QrLogo.MaxSide} × {QrLogo.MaxSide} pixels. It is scaled to {QrLogo.StoredSide} pixels and encoded again; nothing but its pixels is kept. QR codes show it with `logo=true`.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status413PayloadTooLarge);
        write.MapDelete("/", RemoveAsync).WithName("DeleteQrLogo").WithSummary("Removes the logo of the workspace's QR codes.");
    }

    /// <summary>Only described: the framework would refuse other types before it asks who is calling, and what the file is decides anyway.</summary>
    private static Task DescribeBody(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var file = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = MediaTypes.ToDictionary(type => type, _ => file),
        };
        return Task.CompletedTask;
    }

    public static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ReadAsync(
        CurrentWorkspace workspace, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        if (await QrLogo.FindAsync(connection, workspace.Id, cancellationToken) is not { } logo)
        {
            return Problems.NotFound.Result();
        }

        context.Response.Headers.CacheControl = "private, no-cache";
        return TypedResults.File(logo.Png, "image/png", entityTag: new(ETags.Of(logo.Version)));
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> ReplaceAsync(
        HttpRequest request, CurrentUser user, LogoDecoding decoding, Database database, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        if (!decoding.TryBegin())
        {
            return Problems.Unavailable.Result();
        }

        byte[]? png;
        try
        {
            if (!QrLogo.TryRead(body.ToArray(), out png))
            {
                return ValidationErrors.Of("logo", LinksTexts.Of("qr.logo", ("side", QrLogo.MaxSide)));
            }
        }
        finally
        {
            decoding.End();
        }

        await using var work = await database.BeginAsync(cancellationToken);
        await work.ExecuteAsync(
            """
            insert into qr_logos (workspace_id, image, version, created_by, updated_at) values (@WorkspaceId, @Image, 1, @Id, @At)
            on conflict (workspace_id) do update set image = excluded.image, version = qr_logos.version + 1, created_by = excluded.created_by, updated_at = excluded.updated_at
            """,
            new { user.WorkspaceId, Image = Convert.ToBase64String(png), user.Id, At = time.GetUtcNow().ToMicroseconds() }, cancellationToken);
        work.Publish(audit.Entry("qrLogo.replaced", "qrLogo", user.WorkspaceId, after: new { digest = Convert.ToHexStringLower(SHA256.HashData(png)) }));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        CurrentWorkspace workspace, Database database, AuditTrail audit, CancellationToken cancellationToken)
    {
        await using var work = await database.BeginAsync(cancellationToken);
        if (await work.ExecuteAsync("delete from qr_logos where workspace_id = @Id", new { workspace.Id }, cancellationToken) == 0)
        {
            return Problems.NotFound.Result();
        }

        work.Publish(audit.Entry("qrLogo.removed", "qrLogo", workspace.Id));
        await work.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}
