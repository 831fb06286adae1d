using LinkShort.Web.Privacy;

namespace LinkShort.Web.Api;

/// <summary>The visitor's consents, data export and account deletion.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<ConsentState>> GetConsentsAsync(CancellationToken cancellationToken) =>
        AskAsync<ConsentState>(HttpMethod.Get, "/me/consents", null, cancellationToken);

    public Task<ApiResult<ConsentState>> ChangeConsentsAsync(IReadOnlyList<ConsentChoice> consents, CancellationToken cancellationToken) =>
        AskAsync<ConsentState>(HttpMethod.Put, "/me/consents", new { consents }, cancellationToken);

    /// <summary>The latest one, if any.</summary>
    public Task<ApiResult<IReadOnlyList<DataExport>>> ListExportsAsync(CancellationToken cancellationToken) =>
        AskAsync<IReadOnlyList<DataExport>>(HttpMethod.Get, "/me/export", null, cancellationToken);

    public Task<ApiResult<DataExport>> StartExportAsync(CancellationToken cancellationToken) =>
        AskAsync<DataExport>(HttpMethod.Post, "/me/export", null, cancellationToken);

    public Task<ApiResult<Download>> FetchExportAsync(Guid id, CancellationToken cancellationToken) =>
        DownloadAsync($"/me/export/{id}", cancellationToken);

    public Task<ApiResult<DeletionStatus>> GetDeletionAsync(CancellationToken cancellationToken) =>
        AskAsync<DeletionStatus>(HttpMethod.Get, "/me/erasure", null, cancellationToken);

    public Task<ApiResult<ScheduledDeletion>> DeleteAccountAsync(CancellationToken cancellationToken) =>
        AskAsync<ScheduledDeletion>(HttpMethod.Delete, "/me", new { }, cancellationToken);

    public Task<ApiResult<Done>> RestoreAccountAsync(CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Post, "/me/restore", null, null, cancellationToken);

    /// <summary>For anyone with the receipt's id, signed in or not.</summary>
    public Task<ApiResult<DeletionReceipt>> GetDeletionReceiptAsync(string id, CancellationToken cancellationToken) =>
        AskAsync<DeletionReceipt>(HttpMethod.Get, $"/me/erasure/{Uri.EscapeDataString(id)}", null, cancellationToken);
}
