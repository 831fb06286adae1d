using LinkShort.Web.QrCodes;

namespace LinkShort.Web.Api;

public sealed partial class LinkShortApi
{
    private const string LogoPath = "/qr-logo";

    /// <summary>The preview, SVG.</summary>
    public Task<ApiResult<byte[]>> QrCodeAsync(Guid linkId, QrForm form, CancellationToken cancellationToken) =>
        BytesAsync(PathOf(linkId, "svg", form), cancellationToken);

    public Task<ApiResult<Download>> DownloadQrCodeAsync(Guid linkId, string format, QrForm form, CancellationToken cancellationToken) =>
        DownloadAsync(PathOf(linkId, format, form), cancellationToken);

    /// <summary>The workspace's logo, PNG; 404 for none.</summary>
    public Task<ApiResult<byte[]>> QrLogoAsync(CancellationToken cancellationToken) => BytesAsync(LogoPath, cancellationToken);

    public Task<ApiResult<Done>> SetQrLogoAsync(byte[] file, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Put, LogoPath, file, null, cancellationToken);

    public Task<ApiResult<Done>> DeleteQrLogoAsync(CancellationToken cancellationToken) => DoAsync(HttpMethod.Delete, LogoPath, null, null, cancellationToken);

    private Task<ApiResult<byte[]>> BytesAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, null, null, response => response.Content.ReadAsByteArrayAsync(cancellationToken), cancellationToken);

    private static string PathOf(Guid linkId, string format, QrForm form) => $"/links/{linkId}/qr" + Query(
        ("format", format), ("size", form.Size), ("margin", form.Margin), ("fg", form.Fg), ("bg", form.Transparent ? "transparent" : form.Bg), ("level", form.Level),
        ("logo", form.Logo ? "true" : null));
}
