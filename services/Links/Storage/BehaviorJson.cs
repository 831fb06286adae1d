using System.Data;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using LinkShort.Contracts;
using Npgsql;
using NpgsqlTypes;

namespace LinkShort.Links.Storage;

/// <summary>A link's behaviour as stored in the column <c>behavior</c>: camelCase, without nulls.</summary>
internal static class BehaviorJson
{
    private static readonly JsonSerializerOptions Options =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static string? Write(LinkBehavior? behavior) => behavior is null ? null : JsonSerializer.Serialize(behavior, Options);

    /// <summary>Lets Dapper read and write the column.</summary>
    public static void Map() => SqlMapper.AddTypeHandler(new Handler());

    private sealed class Handler : SqlMapper.TypeHandler<LinkBehavior>
    {
        public override LinkBehavior? Parse(object value) => JsonSerializer.Deserialize<LinkBehavior>((string)value, Options);

        public override void SetValue(IDbDataParameter parameter, LinkBehavior? value)
        {
            ((NpgsqlParameter)parameter).NpgsqlDbType = NpgsqlDbType.Jsonb;
            parameter.Value = (object?)Write(value) ?? DBNull.Value;
        }
    }
}
