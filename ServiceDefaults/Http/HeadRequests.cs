using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Answers HEAD as GET, without the content: RFC 9110, section 9.3.2.</summary>
internal static class HeadRequests
{
    /// <summary>Before routing, which is added here: endpoints for GET don't accept HEAD by themselves. The server leaves the content out.</summary>
    public static void UseHeadRequests(this WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            var isHead = HttpMethods.IsHead(context.Request.Method);
            if (isHead)
            {
                context.Request.Method = HttpMethods.Get;
            }

            try
            {
                await next(context);
            }
            finally
            {
                if (isHead)
                {
                    context.Request.Method = HttpMethods.Head;
                }
            }
        });
        app.UseRouting();
    }
}
