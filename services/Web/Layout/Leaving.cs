using Microsoft.AspNetCore.Http.HttpResults;

namespace LinkShort.Web.Layout;

/// <summary>
/// The answer to a form that leads to another site. A form must not redirect there (CSP form-action), and browsers check the redirects that follow
/// it. So an intermediate page redirects.
/// </summary>
public static class Leaving
{
    /// <param name="address">Not from user input: the API created it.</param>
    public static RazorComponentResult<LeavingPage> To(HttpContext context, string address)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Refresh"] = "0;url=" + address;
        return new RazorComponentResult<LeavingPage>(new { Address = address });
    }
}
