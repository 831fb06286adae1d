using LinkShort.Contracts;
using LinkShort.Identity.Domain;
using LinkShort.Identity.SignIn.Sessions;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using QRCoder;

namespace LinkShort.Identity.Factors.TwoFactor;

public static class SetUpTwoFactor
{
    private const int PixelsPerModule = 6;

    /// <param name="Secret">Base32, to type into the app.</param>
    /// <param name="OtpauthUri">For apps that open links.</param>
    /// <param name="QrPng">The URI as a QR code, in a data URI.</param>
    public sealed record Response(string Secret, string OtpauthUri, string QrPng);

    /// <summary>Sign-ins don't change until a code proves that the app has the secret.</summary>
    public static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        CurrentUser user, UserManager<User> users, Authenticators authenticators, Database database, HttpContext context, CancellationToken cancellationToken)
    {
        if (await users.FindByIdAsync(user.Id.ToString()) is not { } account)
        {
            return Problems.Unauthorized.Result();
        }

        var secret = Totp.NewSecret();
        await using var work = await database.BeginAsync(cancellationToken);
        if (!await authenticators.SetUpAsync(work, user.Id, secret, cancellationToken))
        {
            return Problems.Conflict.Result(IdentityTexts.Of("factors.turnOffAppFirst"));
        }

        await work.CommitAsync(cancellationToken);
        var uri = Totp.Uri(account.Email!, secret);
        TokenResponse.ForbidStoring(context.Response);
        return TypedResults.Ok(new Response(Totp.Base32(secret), uri, Picture(uri)));
    }

    private static string Picture(string text)
    {
        using var generator = new QRCodeGenerator();
        using var code = generator.CreateQrCode(text, QRCodeGenerator.ECCLevel.M);
        using var png = new PngByteQRCode(code);
        return "data:image/png;base64," + Convert.ToBase64String(png.GetGraphic(PixelsPerModule));
    }
}
