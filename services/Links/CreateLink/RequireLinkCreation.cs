using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links;

/// <summary>Lets operators stop new links, e.g. during a spam wave from the free plan. Existing links keep working.</summary>
public sealed class RequireLinkCreation(Features features) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var user = context.HttpContext.RequestServices.GetRequiredService<CurrentUser>();
        return await features.IsEnabledAsync(ProductFeatures.LinkCreation, FeatureSubject.Of(user), context.HttpContext.RequestAborted)
            ? await next(context)
            : Problems.FeatureUnavailable.Result(LinksTexts.Of("fields.creationOff"));
    }
}
