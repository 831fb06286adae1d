using Dapper;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Data;
using LinkShort.ServiceDefaults.Http;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LinkShort.ServiceDefaults.Privacy;

public static class PersonalDataExtensions
{
    /// <summary>Retention of parts of exports that were never fetched.</summary>
    private static readonly TimeSpan UnfetchedPartsKept = TimeSpan.FromDays(1);

    /// <summary>Exports and erases the data in <paramref name="map"/>.</summary>
    public static void AddPersonalData(this IHostApplicationBuilder builder, DataMap map)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton(map);
        builder.Services.AddSingleton<PersonalDataErasure>();
        builder.Services.AddHourlyCleanup(
            "Parts of exports", "delete from export_parts where created_at < @Before", now => new { Before = now - UnfetchedPartsKept });
    }

    /// <summary>Beside the service's own consumers.</summary>
    public static void AddPersonalDataConsumers(this IBusRegistrationConfigurator bus)
    {
        ArgumentNullException.ThrowIfNull(bus);
        bus.AddConsumer<ExportRequestedConsumer>();
        bus.AddConsumer<ExportClosedConsumer>();
        bus.AddConsumer<UserErasedConsumer>();
    }

    /// <summary><c>GET /internal/exports/{id}</c>: this service's part, for identity.</summary>
    public static void MapPersonalData(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/internal/exports/{id}", ReadPartAsync).RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();

    public static async Task<Results<FileContentHttpResult, ProblemHttpResult>> ReadPartAsync(Guid id, Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var body = await connection.ExecuteScalarAsync<byte[]?>(
            "select body from export_parts where export_id = @id", new { id }, cancellationToken);
        return body is null ? Problems.NotFound.Result() : TypedResults.File(body, "application/zip");
    }
}
