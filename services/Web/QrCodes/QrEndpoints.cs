using LinkShort.Contracts;
using LinkShort.Localization;
using LinkShort.Web.Api;
using LinkShort.Web.Errors;
using LinkShort.Web.Layout;
using LinkShort.Web.Workspaces;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.QrCodes;

/// <summary>How a QR code looks. The API checks the values.</summary>
/// <param name="Size">Pixels.</param>
/// <param name="Margin">Modules.</param>
/// <param name="Fg">Colour of the modules, <c>#rrggbb</c>.</param>
/// <param name="Bg">Colour behind them; ignored if <paramref name="Transparent"/>.</param>
/// <param name="Level">Error correction: L, M, Q or H.</param>
/// <param name="Logo">With the workspace's logo.</param>
public sealed record QrForm(
    string? Size = null, string? Margin = null, string? Fg = null, string? Bg = null, bool Transparent = false, string? Level = null, bool Logo = false);

/// <summary>A link's QR code: shown, styled, downloaded.</summary>
public static class QrEndpoints
{
    public static void MapQrCodes(this IEndpointRouteBuilder routes)
    {
        var codes = routes.MapGroup("/app/links/{id:guid}").RequireAuthorization();
        codes.MapGet("/qr", ShowAsync);
        codes.MapPost("/qr/logo", SetLogoAsync).Needs(Permissions.LinksWrite);
        codes.MapPost("/qr/logo/remove", RemoveLogoAsync).Needs(Permissions.LinksWrite);
        codes.MapGet("/qr/print", PrintAsync);
        codes.MapGet("/qr.svg", (Guid id, [AsParameters] QrForm form, LinkShortApi api, CancellationToken cancellationToken) => DownloadAsync(id, "svg", form, api, cancellationToken));
        codes.MapGet("/qr.png", (Guid id, [AsParameters] QrForm form, LinkShortApi api, CancellationToken cancellationToken) => DownloadAsync(id, "png", form, api, cancellationToken));
    }

    public static Task<Results<RazorComponentResult<QrPage>, ProblemPage>> ShowAsync(
        Guid id, [AsParameters] QrForm form, LinkShortApi api, CancellationToken cancellationToken) => PageAsync(id, form, null, api, cancellationToken);

    /// <summary>Stores an uploaded picture as the workspace's logo, and shows the code with it.</summary>
    public static async Task<Results<Redirect, RazorComponentResult<QrPage>, ProblemPage>> SetLogoAsync(
        Guid id, IFormFile? logo, LinkShortApi api, Flash flash, Texts texts, CancellationToken cancellationToken)
    {
        ApiProblem? problem;
        if (logo is { Length: > 0 and <= MaxLogo })
        {
            using var file = new MemoryStream();
            await logo.CopyToAsync(file, cancellationToken);
            problem = (await api.SetQrLogoAsync(file.ToArray(), cancellationToken)).Problem;
        }
        else
        {
            problem = ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", "logo", texts["qrCodes.logoFileHint"]);
        }

        if (problem is null)
        {
            flash.Say("qrCodes.logoSaved");
            return Redirect.To($"/app/links/{id}/qr?logo=true");
        }

        if (problem.LeadsElsewhere || problem.IsForbidden)
        {
            return new ProblemPage(problem);
        }

        var page = await PageAsync(id, new QrForm(), problem, api, cancellationToken);
        return page.Result is RazorComponentResult<QrPage> shown ? shown : (ProblemPage)page.Result;
    }

    public static async Task<Results<Redirect, ProblemPage>> RemoveLogoAsync(Guid id, LinkShortApi api, Flash flash, CancellationToken cancellationToken)
    {
        // Already removed: the goal is reached.
        if ((await api.DeleteQrLogoAsync(cancellationToken)).Problem is { Status: not StatusCodes.Status404NotFound } problem)
        {
            return new ProblemPage(problem);
        }

        flash.Say("qrCodes.logoRemoved");
        return Redirect.To($"/app/links/{id}/qr");
    }

    /// <summary>The code many times, to be cut out.</summary>
    public static async Task<Results<RazorComponentResult<QrSheetPage>, ProblemPage>> PrintAsync(
        Guid id, [AsParameters] QrForm form, int? copies, LinkShortApi api, CancellationToken cancellationToken)
    {
        var found = await api.GetLinkAsync(id, cancellationToken);
        return found.Succeeded(out var link, out var problem)
            ? new RazorComponentResult<QrSheetPage>(new { Link = link, Form = form, Copies = Math.Clamp(copies ?? 12, 1, 60) })
            : new ProblemPage(problem);
    }

    private const long MaxLogo = 1024 * 1024;

    private static async Task<Results<RazorComponentResult<QrPage>, ProblemPage>> PageAsync(
        Guid id, QrForm form, ApiProblem? refused, LinkShortApi api, CancellationToken cancellationToken)
    {
        var found = await api.GetLinkAsync(id, cancellationToken);
        if (!found.Succeeded(out var link, out var missing))
        {
            return new ProblemPage(missing);
        }

        var logo = api.QrLogoAsync(cancellationToken);
        var drawn = await api.QrCodeAsync(id, form, cancellationToken);
        if (drawn.Problem is { Errors.Count: 0 } problem)
        {
            return new ProblemPage(problem);
        }

        return new RazorComponentResult<QrPage>(new { Link = link, Form = form, Image = drawn.Value, Logo = (await logo).Value, Problem = refused ?? drawn.Problem })
        { StatusCode = (refused ?? drawn.Problem)?.Status };
    }

    private static async Task<Results<Download, ProblemPage>> DownloadAsync(
        Guid id, string format, QrForm form, LinkShortApi api, CancellationToken cancellationToken) =>
        (await api.DownloadQrCodeAsync(id, format, form, cancellationToken)).Succeeded(out var image, out var problem) ? image : new ProblemPage(problem);
}
