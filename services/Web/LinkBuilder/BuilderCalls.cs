using System.Text.Json.Nodes;
using LinkShort.Contracts;
using LinkShort.Web.LinkBuilder;

namespace LinkShort.Web.Api;

/// <summary>What the link builder asks.</summary>
public sealed partial class LinkShortApi
{
    public Task<ApiResult<CodeAvailability>> CodeAvailabilityAsync(string? code, Guid? linkId, CancellationToken cancellationToken) =>
        AskAsync<CodeAvailability>(HttpMethod.Get, "/links/availability" + QueryString.Create([new("code", code ?? ""), .. linkId is { } id ? [new("linkId", id.ToString())] : NoParameters]), null, cancellationToken);

    public Task<ApiResult<PageTitle>> PageTitleAsync(string url, CancellationToken cancellationToken) =>
        AskAsync<PageTitle>(HttpMethod.Get, "/links/title" + QueryString.Create("url", url), null, cancellationToken);

    /// <param name="question">The body of <c>POST /links/evaluate</c>.</param>
    public Task<ApiResult<EvaluationResponse>> EvaluateLinkAsync(JsonObject question, CancellationToken cancellationToken) =>
        AskAsync<EvaluationResponse>(HttpMethod.Post, "/links/evaluate", question, cancellationToken);

    public Task<ApiResult<PageOf<UtmTemplate>>> ListUtmTemplatesAsync(CancellationToken cancellationToken) =>
        AskAsync<PageOf<UtmTemplate>>(HttpMethod.Get, "/utm-templates", null, cancellationToken);

    public Task<ApiResult<UtmTemplate>> CreateUtmTemplateAsync(JsonObject template, CancellationToken cancellationToken) =>
        AskAsync<UtmTemplate>(HttpMethod.Post, "/utm-templates", template, cancellationToken);

    public Task<ApiResult<Done>> ChangeUtmTemplateAsync(Guid id, JsonObject change, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Patch, $"/utm-templates/{id}", change, null, cancellationToken);

    public Task<ApiResult<Done>> DeleteUtmTemplateAsync(Guid id, CancellationToken cancellationToken) =>
        DoAsync(HttpMethod.Delete, $"/utm-templates/{id}", null, null, cancellationToken);

    private static KeyValuePair<string, string?>[] NoParameters => [];
}
