using System.Collections;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LinkShort.Conventions.Tests;

/// <summary>An invalid setting stops the start: each of our options classes has a validator that runs before anything else.</summary>
internal static class Settings
{
    public static IEnumerable<string> Check(string part, IReadOnlyList<ServiceDescriptor> registrations, IServiceProvider services)
    {
        var atStart = ValidatedAtStart(services);
        var validated = TypesOf(registrations, typeof(IValidateOptions<>));
        return TypesOf(registrations, typeof(IConfigureOptions<>))
            .Where(type => type.Assembly.GetName().Name!.StartsWith("LinkShort.", StringComparison.Ordinal))
            .SelectMany(type => new[]
            {
                validated.Contains(type) ? null : $"{part}: {type.Name} has no validator",
                atStart.Contains(type) ? null : $"{part}: {type.Name} is not validated at the start",
            })
            .OfType<string>();
    }

    private static HashSet<Type> TypesOf(IEnumerable<ServiceDescriptor> registrations, Type generic) =>
    [
        .. registrations
            .Where(registration => registration.ServiceType.IsGenericType && registration.ServiceType.GetGenericTypeDefinition() == generic)
            .Select(registration => registration.ServiceType.GetGenericArguments()[0])
            .Where(type => !type.IsGenericParameter),
    ];

    /// <summary>
    /// The registrations of <c>ValidateOnStart</c>, from internals of Microsoft.Extensions.Options; a change there fails the planted samples.
    /// </summary>
    private static HashSet<Type> ValidatedAtStart(IServiceProvider services)
    {
        if (services.GetService<IStartupValidator>() is not { } validator)
        {
            return [];
        }

        const BindingFlags All = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;
        var options = validator.GetType().GetFields(All).Select(field => field.GetValue(validator)).First(value => value?.GetType().Name == "StartupValidatorOptions")!;
        var validators = options.GetType().GetProperties(All).Select(property => property.GetValue(options)).OfType<IDictionary>().First();
        return [.. validators.Keys.Cast<(Type Type, string Name)>().Select(key => key.Type)];
    }
}
