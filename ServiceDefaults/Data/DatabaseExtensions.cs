using Dapper;
using LinkShort.ServiceDefaults.Messaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LinkShort.ServiceDefaults.Data;

public static class DatabaseExtensions
{
    /// <summary>
    /// Registers <see cref="NpgsqlDataSource"/> for <c>ConnectionStrings:{connectionName}</c>, with the health check <c>PostgreSql</c>.
    /// </summary>
    /// <param name="failureStatus">What the service is without its database. <c>Degraded</c> for one that can serve on.</param>
    public static void AddNpgsqlDataSource(
        this IHostApplicationBuilder builder, string connectionName, HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        ArgumentNullException.ThrowIfNull(builder);
        DapperMapping.Configure();
        var connectionString = ConnectionStrings.Required(builder.Configuration, connectionName, "Aspire:Npgsql");
        var applicationName = builder.Environment.ApplicationName;
        builder.Services.TryAddSingleton(services =>
        {
            var source = new NpgsqlDataSourceBuilder(connectionString);
            source.ConnectionStringBuilder.ApplicationName ??= applicationName;
            // A server that is away is told within seconds; the caller retries, the request doesn't hang.
            source.ConnectionStringBuilder.Timeout = 5;
            source.ConnectionStringBuilder.CommandTimeout = 30;
            source.UseLoggerFactory(services.GetRequiredService<ILoggerFactory>());
            return source.Build();
        });
        builder.Services.TryAddSingleton<Database>();
        builder.Services.TryAddSingleton<OutboxSignal>();
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
            "PostgreSql",
            services => new PostgreSqlHealthCheck(services.GetRequiredService<NpgsqlDataSource>()),
            failureStatus,
            ["ready"],
            TimeSpan.FromSeconds(5)));
    }

    private sealed class PostgreSqlHealthCheck(NpgsqlDataSource source) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var command = source.CreateCommand("select 1");
                await command.ExecuteScalarAsync(cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or OperationCanceledException)
            {
                return new HealthCheckResult(context.Registration.FailureStatus, exception: exception);
            }
        }
    }
}

/// <summary>snake_case columns to PascalCase members, and <c>timestamptz</c> to <see cref="DateTimeOffset"/> in UTC.</summary>
internal static class DapperMapping
{
    public static void Configure()
    {
        DefaultTypeMap.MatchNamesWithUnderscores = true;
        // Dapper's own mapping would win for parameters, and Npgsql writes no offset but UTC.
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
