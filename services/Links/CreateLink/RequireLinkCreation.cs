using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Features;
using LinkShort.ServiceDefaults.Http;

namespace LinkShort.Links;

/// <summary>Operators can stop new links, for everybody or for some: a wave of spam from the free plan. What is there goes on.</summary>
public sealed class RequireLinkCreation(Features features) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var user = context.HttpContext.RequestServices.GetRequiredService<CurrentUser>();
        return await features.IsEnabledAsync(ProductFeatures.LinkCreation, FeatureSubject.Of(user), context.HttpContext.RequestAborted)
            ? await next(context)
            : Problems.FeatureUnavailable.Result("The operators of this installation have turned off the creation of new links.");
    }
}
