using System.Net.Http.Headers;

namespace LinkShort.Web.Api;

/// <summary>A file from the API, streamed to the visitor without being buffered as a whole.</summary>
public sealed class Download(HttpResponseMessage response) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using (response)
        {
            var headers = response.Content.Headers;
            httpContext.Response.ContentType = headers.ContentType?.ToString() ?? "application/octet-stream";
            httpContext.Response.ContentLength = headers.ContentLength;
            httpContext.Response.Headers.ContentDisposition =
                (headers.ContentDisposition ?? new ContentDispositionHeaderValue("attachment")).ToString();
            httpContext.Response.Headers.CacheControl = "no-store";
            await response.Content.CopyToAsync(httpContext.Response.Body, httpContext.RequestAborted);
        }
    }
}

public sealed partial class LinkShortApi
{
    /// <summary>The result must be returned, because executing it disposes the response.</summary>
    private async Task<ApiResult<Download>> DownloadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var used = session.Current;
            var response = await FetchAsync(path, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return new Download(response);
            }

            using (response)
            {
                var problem = await ApiProblem.ReadAsync(response, time, cancellationToken);
                if (!problem.IsTokenRefused || used is null || await RenewRefusedAsync(used, cancellationToken) is not null)
                {
                    return problem;
                }
            }

            var second = await FetchAsync(path, cancellationToken);
            if (second.IsSuccessStatusCode)
            {
                return new Download(second);
            }

            using (second)
            {
                return await ApiProblem.ReadAsync(second, time, cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Unreachable(logger, e, "GET", path.Split('?')[0]);
            return ApiProblem.Unreachable;
        }
    }

    private async Task<HttpResponseMessage> FetchAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Base + path);
        Introduce(request, path, null);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}
