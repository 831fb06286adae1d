using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LinkShort.ServiceDefaults;

public static class ValidatedOptionsExtensions
{
    /// <summary>
    /// Binds <typeparamref name="T"/> to a section and checks its data annotations before anything starts. A bad value stops the
    /// start with a message that names the environment variable and what would be right.
    /// </summary>
    public static OptionsBuilder<T> AddValidatedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(
        this IHostApplicationBuilder builder, string section) where T : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<T>>(new AnnotatedOptions<T>(section));
        return builder.Services.AddOptions<T>().Bind(builder.Configuration.GetSection(section)).ValidateOnStart();
    }

    private sealed class AnnotatedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] T>(string section) : IValidateOptions<T> where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var results = new List<ValidationResult>();
            var valid = Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true);
            return valid
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(results.Select(result =>
                    $"Setting {section.Replace(":", "__", StringComparison.Ordinal)}__{string.Join('/', result.MemberNames)}: {result.ErrorMessage}"));
        }
    }
}
