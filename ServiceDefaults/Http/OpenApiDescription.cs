using System.Text.Json.Serialization.Metadata;
using LinkShort.ServiceDefaults.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Completes the framework's description of our endpoints.</summary>
internal static class OpenApiDescription
{
    /// <summary>
    /// Marks operations that need no token with an empty <c>security</c> list (OpenAPI 3.1.1, 4.8.10.1). For all others the gateway, whose document
    /// is the public one, adds the scheme.
    /// </summary>
    public static void MarkAnonymousOperations(this OpenApiOptions options) => options.AddOperationTransformer((operation, context, _) =>
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any())
        {
            operation.Security = [];
        }

        return Task.CompletedTask;
    });

    /// <summary>
    /// Describes types with a converter of ours (<see cref="TextConverter"/>, <see cref="UtcDateTimeOffsetConverter"/>,
    /// <see cref="WholeNumberConverter{T}"/>), which the framework can't.
    /// </summary>
    public static void DescribeConvertedTypes(this OpenApiOptions options) => options.AddSchemaTransformer((schema, context, _) =>
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(string) || type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
        {
            var isNull = type == typeof(DateTimeOffset?) || IsNullable(context.JsonPropertyInfo);
            schema.Type = isNull ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
        }

        var number = Nullable.GetUnderlyingType(type) ?? type;
        if (number == typeof(int) || number == typeof(long))
        {
            // Of a parameter itself, which is left out instead; not of a property of a body, which is a parameter to the framework, too.
            var isParameter = context.ParameterDescription is not null && context.JsonPropertyInfo is null;
            var isNull = !isParameter && (number != type || IsNullable(context.JsonPropertyInfo));
            schema.Type = isNull ? JsonSchemaType.Integer | JsonSchemaType.Null : JsonSchemaType.Integer;
            schema.Format = number == typeof(int) ? "int32" : "int64";
        }

        if (context.JsonTypeInfo.ElementType == typeof(string) && schema.Type?.HasFlag(JsonSchemaType.Array) == true)
        {
            schema.Items ??= new OpenApiSchema { Type = JsonSchemaType.String };
        }

        return Task.CompletedTask;
    });

    /// <summary>Problem details have extension members (RFC 9457, 3.2), which the framework's schema excludes.</summary>
    public static void AllowProblemExtensions(this OpenApiOptions options) => options.AddSchemaTransformer((schema, context, _) =>
    {
        schema.AdditionalPropertiesAllowed |= context.JsonTypeInfo.Type.IsAssignableTo(typeof(ProblemDetails));
        return Task.CompletedTask;
    });

    /// <summary>
    /// Names schemas by outer and nested type: <c>CreateLinkRequest</c>, <c>ChangeLinkRequest</c>. Each endpoint has its own <c>Request</c>,
    /// nested in the class of the endpoint, and by the simple name all would share the first one's schema.
    /// </summary>
    public static void NameNestedTypes(this OpenApiOptions options) => options.CreateSchemaReferenceId = type =>
        OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name
            ? type.Type is { IsGenericType: true } generic && Nullable.GetUnderlyingType(generic) is null
                ? $"{generic.Name.Split('`')[0]}Of{string.Concat(generic.GetGenericArguments().Select(NameOf))}"
                : type.Type.IsNested ? NameOf(type.Type) : name
            : null;

    private static string NameOf(Type type) => type is { IsNested: true, DeclaringType: { } outer } ? outer.Name + type.Name : type.Name;

    private static bool IsNullable(JsonPropertyInfo? property) =>
        property is { IsGetNullable: true, Get: not null } or { IsSetNullable: true, Set: not null };
}
