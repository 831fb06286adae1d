using LinkShort.Web.QrCodes;

namespace LinkShort.Web.Api;

public sealed partial class LinkShortApi
{
    /// <summary>The preview, SVG.</summary>
    public Task<ApiResult<byte[]>> QrCodeAsync(Guid linkId, QrForm form, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Get, PathOf(linkId, "svg", form), null, null, response => response.Content.ReadAsByteArrayAsync(cancellationToken), cancellationToken);

    public Task<ApiResult<Download>> DownloadQrCodeAsync(Guid linkId, string format, QrForm form, CancellationToken cancellationToken) =>
        DownloadAsync(PathOf(linkId, format, form), cancellationToken);

    private static string PathOf(Guid linkId, string format, QrForm form) => $"/links/{linkId}/qr" + Query(
        ("format", format), ("size", form.Size), ("margin", form.Margin), ("fg", form.Fg), ("bg", form.Transparent ? "transparent" : form.Bg), ("level", form.Level));
}
