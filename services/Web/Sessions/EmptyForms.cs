using System.Reflection;
using Microsoft.AspNetCore.Mvc;

namespace LinkShort.Web.Sessions;

/// <summary>Gives handlers a form without values where a request has none of its fields: the framework binds null then.</summary>
public static class EmptyForms
{
    public static RouteGroupBuilder WithEmptyForms(this RouteGroupBuilder pages)
    {
        pages.AddEndpointFilterFactory((endpoint, next) =>
        {
            var forms = endpoint.MethodInfo.GetParameters()
                .Where(parameter => parameter.GetCustomAttribute<FromFormAttribute>() is not null && parameter.ParameterType.GetConstructor([]) is not null)
                .ToList();
            return forms.Count == 0 ? next : context =>
            {
                foreach (var form in forms)
                {
                    context.Arguments[form.Position] ??= Activator.CreateInstance(form.ParameterType);
                }

                return next(context);
            };
        });
        return pages;
    }
}
