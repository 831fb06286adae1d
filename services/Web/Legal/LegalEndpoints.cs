using LinkShort.Localization;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Legal;

/// <summary>The terms of use and the privacy notice.</summary>
public static class LegalEndpoints
{
    public const string TermsPath = "/legal/terms";
    public const string PrivacyPath = "/legal/privacy";

    public static void MapLegal(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(TermsPath, (LegalTexts legal, Texts texts) => Show(LegalDocument.Terms, legal, texts)).AllowAnonymous();
        routes.MapGet(PrivacyPath, (LegalTexts legal, Texts texts) => Show(LegalDocument.Privacy, legal, texts)).AllowAnonymous();
    }

    private static RazorComponentResult<LegalPage> Show(LegalDocument document, LegalTexts legal, Texts texts) =>
        new(new { Document = document, Text = legal.Read(document, texts) });
}
