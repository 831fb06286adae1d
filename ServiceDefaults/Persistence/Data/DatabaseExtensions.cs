using Dapper;
using LinkShort.ServiceDefaults.Health;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

public static class DatabaseExtensions
{
    /// <summary>
    /// Registers <see cref="NpgsqlDataSource"/> for <c>ConnectionStrings:{connectionName}</c>, with the health check <c>PostgreSql</c>:
    /// Aspire.Npgsql, with our time-outs.
    /// </summary>
    /// <param name="failureStatus">The health without the database: <c>Degraded</c> for a service that can still serve requests.</param>
    public static void AddNpgsqlDataSource(
        this IHostApplicationBuilder builder, string connectionName, HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        ArgumentNullException.ThrowIfNull(builder);
        DapperMapping.Configure();
        var connectionString = ConnectionStrings.Required(builder.Configuration, connectionName, "Aspire:Npgsql");
        var applicationName = builder.Environment.ApplicationName;
        AspirePostgreSqlNpgsqlExtensions.AddNpgsqlDataSource(
            builder,
            connectionName,
            settings =>
            {
                settings.ConnectionString = connectionString;
                // Telemetry/ registers both, only if telemetry is exported.
                settings.DisableTracing = true;
                settings.DisableMetrics = true;
            },
            source =>
            {
                source.ConnectionStringBuilder.ApplicationName ??= applicationName;
                // Short, so that an outage is reported within seconds instead of holding up the request.
                source.ConnectionStringBuilder.Timeout = 5;
                source.ConnectionStringBuilder.CommandTimeout = 30;
            });
        builder.Services.ConfigureReadinessCheck("PostgreSql", failureStatus, TimeSpan.FromSeconds(5));
        builder.Services.TryAddSingleton<Database>();
        builder.Services.TryAddSingleton<OutboxSignal>();
    }
}

/// <summary>snake_case columns to PascalCase members, and <c>timestamptz</c> to <see cref="DateTimeOffset"/> in UTC.</summary>
internal static class DapperMapping
{
    public static void Configure()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        // Dapper's own mapping would take precedence for parameters, and Npgsql accepts only UTC.
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset));
        SqlMapper.RemoveTypeMap(typeof(DateTimeOffset?));
        SqlMapper.AddTypeHandler(new UtcHandler());
    }

    private sealed class UtcHandler : SqlMapper.TypeHandler<DateTimeOffset>
    {
        public override DateTimeOffset Parse(object value) => value switch
        {
            DateTimeOffset offset => offset,
            DateTime time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)),
            _ => throw new InvalidCastException($"{value.GetType()} is not a time."),
        };

        public override void SetValue(System.Data.IDbDataParameter parameter, DateTimeOffset value)
        {
            ArgumentNullException.ThrowIfNull(parameter);
            parameter.Value = value.ToUniversalTime();
        }
    }
}
