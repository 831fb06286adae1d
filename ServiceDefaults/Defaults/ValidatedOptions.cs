using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults;

public static class ValidatedOptionsExtensions
{
    /// <summary>
    /// Binds <typeparamref name="T"/> to a section and validates its data annotations before anything starts. An invalid value stops the
    /// start with a message that names the environment variable and a valid value.
    /// </summary>
    public static OptionsBuilder<T> AddValidatedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(
        this IHostApplicationBuilder builder, string section) where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        var values = builder.Configuration.GetSection(section);
        builder.Services.AddSingleton<IValidateOptions<T>>(new AnnotatedOptions<T>(section));
        builder.Services.AddSingleton<IOptionsChangeTokenSource<T>>(new ConfigurationChangeTokenSource<T>(values));
        return builder.Services.AddOptions<T>().Configure(options => Bind(values, options)).ValidateOnStart();
    }

    /// <summary>
    /// Binds like the configuration binder, but reports a value that can't be converted as invalid: the binder throws an
    /// InvalidOperationException, and skips such entries of lists and dictionaries.
    /// </summary>
    private static void Bind<T>(IConfigurationSection values, T options) where T : class
    {
        var unreadable = Unreadable(values, typeof(T)).ToList();
        if (unreadable.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(T), unreadable);
        }

        values.Bind(options);
    }

    private static IEnumerable<string> Unreadable(IConfigurationSection section, Type type)
    {
        // An empty value resets an optional setting.
        if (!section.Exists() || (section.Value is "" && Nullable.GetUnderlyingType(type) is not null))
        {
            return [];
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        var converter = TypeDescriptor.GetConverter(type);
        if (converter.CanConvertFrom(typeof(string)))
        {
            return section.Value is not { } text || converter.IsValid(text)
                ? []
                : [$"Setting {EnvironmentVariables.NameOf(section.Path)} is '{text}'. Set it to {Form(type)}."];
        }

        // Each entry of a dictionary or list is a section, and each property of any other type.
        return type.GetInterfaces().Append(type).FirstOrDefault(each => each.IsGenericType && each.GetGenericTypeDefinition() == typeof(IEnumerable<>)) is { } collection
            ? section.GetChildren().SelectMany(child => Unreadable(child, Entry(collection.GenericTypeArguments[0])))
            : type.GetProperties().SelectMany(property => Unreadable(section.GetSection(property.Name), property.PropertyType));
    }

    private static Type Entry(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>) ? type.GenericTypeArguments[1] : type;

    private static string Form(Type type) => type switch
    {
        { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(type))}",
        _ when type == typeof(bool) => "true or false",
        _ when type == typeof(TimeSpan) => "a duration such as 00:05:00",
        _ when type == typeof(Uri) => "an address such as https://example.com",
        _ when type == typeof(double) || type == typeof(decimal) => "a number",
        _ when type == typeof(int) || type == typeof(long) => "a whole number",
        _ => $"a {type.Name}",
    };

    private sealed class AnnotatedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(string section) : IValidateOptions<T> where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var results = new List<ValidationResult>();
            var valid = Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
            return valid
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(results.Select(result =>
                    $"Setting {EnvironmentVariables.NameOf(section)}__{string.Join('/', result.MemberNames)}: {result.ErrorMessage}"));
        }
    }
}
