using System.Collections;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Extensions.DependencyInjection;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>
/// Refuses query parameters that an endpoint doesn't have, and those that are given more than once. Ignoring a misspelled filter would return
/// or change what the caller didn't ask for.
/// </summary>
public static class KnownParameters
{
    private const int MaxNamed = 20;

    /// <summary>After authorization: callers without access learn nothing of an endpoint's parameters.</summary>
    public static void UseKnownParameters(this WebApplication app)
    {
        // Descriptions exist once all endpoints are mapped.
        var described = new Lazy<Dictionary<MethodInfo, Dictionary<string, bool>>>(
            () => Describe(app.Services.GetRequiredService<IApiDescriptionGroupCollectionProvider>()));
        app.Use((context, next) =>
        {
            if (context.Request.Query.Count == 0
                || context.GetEndpoint()?.Metadata.GetMetadata<MethodInfo>() is not { } handler
                || !described.Value.TryGetValue(handler, out var parameters))
            {
                return next(context);
            }

            var errors = ErrorsOf(context.Request.Query, parameters);
            return errors.Any ? errors.ToResult().ExecuteAsync(context) : next(context);
        });
    }

    /// <param name="parameters">The endpoint's parameters, and whether each may be repeated.</param>
    private static ValidationErrors ErrorsOf(IQueryCollection query, Dictionary<string, bool> parameters)
    {
        var errors = new ValidationErrors();
        foreach (var (name, _) in query.Where(each => !parameters.ContainsKey(each.Key)).Take(MaxNamed))
        {
            errors.Add(name, FieldRules.UnknownParameter);
        }

        foreach (var (name, _) in query.Where(each => each.Value.Count > 1 && parameters.TryGetValue(each.Key, out var isRepeatable) && !isRepeatable))
        {
            errors.Add(name, HttpTexts.Of("requests.repeatedParameter"));
        }

        return errors;
    }

    private static Dictionary<MethodInfo, Dictionary<string, bool>> Describe(IApiDescriptionGroupCollectionProvider descriptions) => descriptions
        .ApiDescriptionGroups.Items
        .SelectMany(group => group.Items)
        .Select(api => (Handler: api.ActionDescriptor.EndpointMetadata.OfType<MethodInfo>().FirstOrDefault(), Api: api))
        .Where(described => described.Handler is not null)
        .GroupBy(described => described.Handler!, described => described.Api)
        .ToDictionary(
            handler => handler.Key,
            handler => handler
                .SelectMany(api => api.ParameterDescriptions)
                .Where(parameter => parameter.Source == BindingSource.Query)
                .DistinctBy(parameter => parameter.Name, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(
                    parameter => parameter.Name,
                    parameter => parameter.Type != typeof(string) && parameter.Type.IsAssignableTo(typeof(IEnumerable)),
                    StringComparer.OrdinalIgnoreCase));
}
