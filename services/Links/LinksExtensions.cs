using System.Text.Json.Serialization.Metadata;
using LinkShort.Blocklist;
using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.CodeAvailability;
using LinkShort.Links.Domain;
using LinkShort.Links.Evaluation;
using LinkShort.Links.OpenApi;
using LinkShort.Links.PageTitles;
using LinkShort.Links.QrCode;
using LinkShort.Links.Quota;
using LinkShort.Links.Safety;
using LinkShort.Links.Storage;
using LinkShort.Links.UtmTemplates;
using LinkShort.ServiceDefaults;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LinkShort.Links;

/// <summary>Registers the link service and maps its endpoints.</summary>
public static class LinksExtensions
{
    /// <summary>
    /// 50 rules and 10 variants with the longest destinations, and conditions of realistic size. Also limits the size of links in queues and
    /// caches. The gateway's route table has the same limit.
    /// </summary>
    private const int MaxBody = 256 * 1024;

    public static void AddLinks(this IHostApplicationBuilder builder)
    {
        builder.AddValidatedOptions<LinksOptions>(LinksOptions.Section);
        builder.AddValidatedOptions<ShortDomainOptions>(ShortDomainOptions.Section);
        BehaviorJson.Map();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.TypeInfoResolver = json.SerializerOptions.TypeInfoResolver!.WithAddedModifier(NestedNulls.Omit));
        builder.Services.Configure<OpenApiOptions>("v1", LinkDescriptions.Add);
        builder.Services.AddSingleton<CodeKeys>();
        builder.Services.AddHostedService<CodeFoldingSwitch>();
        builder.Services.AddSingleton<ShortUrls>();
        builder.Services.AddSingleton<IPasswordHasher<LinkBehavior>, PasswordHasher<LinkBehavior>>();
        builder.Services.AddSingleton<LinkPasswords>();
        builder.Services.AddSingleton<BehaviorInput>();
        builder.AddBlocklist();
        builder.Services.AddSingleton<SuspendedTargets>();
        builder.Services.AddSingleton<DestinationPolicy>();
        builder.Services.AddSingleton(new CodeGenerator());
        builder.Services.AddSingleton<LinksMetrics>();
        builder.Services.AddSingleton<LinkDrafts>();
        builder.Services.AddSingleton<LinkQuota>();
        builder.Services.AddHostedService<LinkUsageReport>();
        builder.Services.AddSingleton<ActiveLinkCount>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ActiveLinkCount>());
        builder.Services.AddScoped<LinkInsertion>();
        builder.Services.TryAddSingleton(new PublicConnection());
        builder.Services.AddSingleton<PageTitles.PageTitles>();
        builder.Services.AddSingleton<RedirectClient>();
        builder.Services.AddHttpClient(RedirectClient.Name);
        builder.Services.AddScoped<LinkUpdate>();
        builder.Services.AddSingleton<LinkCopies>();
        builder.Services.AddSingleton<LinkPurge>();
        builder.Services.AddDeletionClock();
        builder.Services.AddHostedService<LinkPurgeJob>();
        builder.Services.AddSingleton<FreeCodes>();
        builder.Services.AddSingleton<LogoDecoding>();
        builder.AddIdempotency();
    }

    public static void MapLinks(this IEndpointRouteBuilder routes)
    {
        var links = routes.MapGroup("/api/v1/links").WithTags("Links")
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);

        var read = links.MapGroup("").RequireAuthorization(Permissions.LinksRead);
        read.MapGet("/", ListLinks.HandleAsync).WithName("ListLinks")
            .WithSummary("Lists the workspace's links, newest first, 50 per page. Archived links are listed only with status=archived or all.");
        routes.MapGroup("/api/v1/tags").WithTags("Links").RequireAuthorization(Permissions.LinksRead).MapGet("/", ListTags.HandleAsync).WithName("ListTags")
            .WithSummary("Lists the tags in use, with the number of links that have each.").WithDescription(ListTags.Description)
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        read.MapGet("/{id}", ReadLink.HandleAsync).WithName("GetLink")
            .WithSummary("Returns a link. The ETag is its version, which clicks don't change.")
            .Produces(StatusCodes.Status304NotModified).ProducesProblem(StatusCodes.Status404NotFound);
        read.MapGet("/{id}/qr", ReadQrCode.HandleAsync).WithName("GetQrCode")
            .WithSummary("Returns the link's short URL as a QR code, SVG or PNG.").WithDescription(ReadQrCode.Description)
            .Produces(StatusCodes.Status200OK, contentType: "image/svg+xml", additionalContentTypes: "image/png")
            .ProducesProblem(StatusCodes.Status404NotFound);

        MapForms(links);
        var write = links.MapGroup("").RequireAuthorization(Permissions.LinksWrite).WithMetadata(new RequestSizeLimitAttribute(MaxBody))
            .AddEndpointFilter<RefuseSuspended>();
        write.MapPost("/", CreateLink.HandleAsync).WithName("CreateLink").AddEndpointFilter<RequireLinkCreation>().WithIdempotency()
            .WithSummary("Shortens a URL, with a code of your choice or a generated one.").WithDescription(LinkDescriptions.Precedence)
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        write.MapPatch("/", ChangeLinks.HandleAsync).WithName("ChangeLinks")
            .WithSummary("Changes many links: archives, deletes or tags them, or undoes that.").WithDescription(ChangeLinks.Description);
        write.MapPatch("/{id}", ChangeLink.HandleAsync).WithName("ChangeLink")
            .WithSummary("Changes the given fields; null clears a field. Honours If-Match.")
            .WithDescription("Nested values (utm, rules, variants, preview, deepLinks) are replaced as a whole. " + LinkDescriptions.Precedence)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        write.MapDelete("/{id}", RemoveLink.HandleAsync).WithName("DeleteLink")
            .WithSummary("Deletes a link, which can be undone for 30 days. Honours If-Match.").WithDescription(RemoveLink.Description)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        write.MapPost("/{id}/duplicate", DuplicateLink.HandleAsync).WithName("DuplicateLink").AddEndpointFilter<RequireLinkCreation>().WithIdempotency()
            .WithSummary("Creates a copy of a link with a new code.").WithDescription(DuplicateLink.Description)
            .ProducesProblem(StatusCodes.Status402PaymentRequired).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        write.MapPost("/{id}/archive", ArchiveLink.ArchiveAsync).WithName("ArchiveLink").WithIdempotency()
            .WithSummary("Archives a link: it stops working and leaves the list, but keeps its code. Honours If-Match.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status412PreconditionFailed);
        write.MapPost("/{id}/restore", ArchiveLink.RestoreAsync).WithName("RestoreLink").WithIdempotency()
            .WithSummary("Restores an archived or deleted link. Honours If-Match.")
            .WithDescription("Undoes a deletion within 30 days; a link that was archived when it was deleted is archived again.")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status412PreconditionFailed);

        routes.MapUtmTemplates();
        routes.MapQrLogo();
        MapInternal(routes);
    }

    /// <summary>What forms ask while a link is typed. Nothing is saved.</summary>
    private static void MapForms(RouteGroupBuilder links)
    {
        var forms = links.MapGroup("").RequireAuthorization(Permissions.LinksWrite).WithMetadata(new RequestSizeLimitAttribute(MaxBody))
            .AddEndpointFilter<RefuseSuspended>();
        forms.MapGet("/title", ReadPageTitle.HandleAsync).WithName("GetPageTitle")
            .WithSummary("Returns the title of a destination, if it can be read.").WithDescription(ReadPageTitle.Description);
        forms.MapGet("/availability", ReadAvailability.HandleAsync).WithName("GetCodeAvailability")
            .WithSummary("Checks whether a code can be used, and suggests others.").WithDescription(ReadAvailability.Description);
        forms.MapPost("/evaluate", EvaluateDraft.HandleAsync).WithName("EvaluateLink")
            .WithSummary("Returns where a link would lead a visitor, and what decides it.").WithDescription(EvaluateDraft.Description);
    }

    /// <summary>Not in the public document, because the gateway doesn't route them.</summary>
    private static void MapInternal(IEndpointRouteBuilder routes)
    {
        // For redirect.
        var routesOut = routes.MapGroup("/internal/routes").RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
        routesOut.MapGet("/", Routes.ListAsync);
        routesOut.MapGet("/count", Routes.CountAsync);
        routesOut.MapGet("/ranges", Routes.RangesAsync);
        routesOut.MapGet("/by-code", Routes.FindAsync);

        // For redirect and ./linkshort suspend.
        var suspensions = routes.MapGroup("/internal/suspensions").RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
        suspensions.MapGet("/", Suspensions.ListAsync);
        suspensions.MapPut("/{kind}", Suspensions.SuspendAsync);
        suspensions.MapDelete("/{kind}", Suspensions.EndAsync);
    }
}
