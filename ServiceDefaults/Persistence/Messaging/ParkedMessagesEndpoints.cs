using System.Globalization;
using System.Text;
using LinkShort.Contracts;
using LinkShort.ServiceDefaults.Auth;
using LinkShort.ServiceDefaults.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace LinkShort.ServiceDefaults.Messaging;

/// <summary>
/// Messages that could not be handled, for operators: /internal/parked-messages of each service, called by <c>./linkshort parked</c> and by the
/// dashboard's commands.
/// </summary>
public static class ParkedMessagesEndpoints
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1_000;

    /// <param name="Total">How many are parked, listed or not.</param>
    public sealed record List(long Total, IReadOnlyList<ParkedMessage> Items);

    /// <param name="Messages">How many were put back or dropped.</param>
    public sealed record Done(int Messages);

    /// <summary>For operators, behind the internal key. The gateway does not route it.</summary>
    public static void MapParkedMessages(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var parked = routes.MapGroup("/internal/parked-messages").RequireAuthorization(InternalKey.Policy).ExcludeFromDescription();
        parked.MapGet("/", ListAsync);
        parked.MapPost("/retry", RetryAsync);
        parked.MapDelete("/", DropAsync);
    }

    /// <summary>GET /internal/parked-messages?queue=&amp;limit= — the oldest ones.</summary>
    /// <param name="queue">Null for all queues.</param>
    /// <param name="limit">1 to 1,000; 100 by default.</param>
    /// <param name="format"><c>text</c>: a table for people. Otherwise JSON.</param>
    private static async Task<Results<Ok<List>, ContentHttpResult, ProblemHttpResult>> ListAsync(
        string? queue, int? limit, string? format, ParkedMessages messages, CancellationToken cancellationToken)
    {
        if (Unknown(queue, messages) is { } problem)
        {
            return problem;
        }

        if (limit is < 1 or > MaxLimit)
        {
            return ValidationErrors.Of("limit", FieldRules.Range(1, MaxLimit));
        }

        var total = (await messages.CountAsync(cancellationToken)).Where(each => queue is null || each.Queue == queue).Sum(each => each.Count);
        var list = new List(total, total == 0 ? [] : await messages.ListAsync(queue, limit ?? DefaultLimit, cancellationToken));
        return format == "text" ? TypedResults.Text(Table(list), "text/plain", Encoding.UTF8) : TypedResults.Ok(list);
    }

    /// <summary>POST /internal/parked-messages/retry?queue=&amp;id= — puts one, those of a queue, or all back into their queues.</summary>
    private static Task<Results<Ok<Done>, ProblemHttpResult>> RetryAsync(
        string? queue, Guid? id, ParkedMessages messages, ParkedMessagesMonitor monitor, CancellationToken cancellationToken) =>
        ChangeAsync(queue, id, messages, monitor, messages.RetryAsync, cancellationToken);

    /// <summary>DELETE /internal/parked-messages?queue=&amp;id= — deletes one, or those of a queue. Never those of all queues.</summary>
    private static async Task<Results<Ok<Done>, ProblemHttpResult>> DropAsync(
        string? queue, Guid? id, ParkedMessages messages, ParkedMessagesMonitor monitor, CancellationToken cancellationToken) =>
        queue is null && id is null
            ? ValidationErrors.Of("queue", MessagingTexts.Of("messages.nameOne"))
            : await ChangeAsync(queue, id, messages, monitor, messages.DropAsync, cancellationToken);

    private static async Task<Results<Ok<Done>, ProblemHttpResult>> ChangeAsync(
        string? queue, Guid? id, ParkedMessages messages, ParkedMessagesMonitor monitor,
        Func<string?, Guid?, CancellationToken, Task<int>> change, CancellationToken cancellationToken)
    {
        if (Unknown(queue, messages) is { } problem)
        {
            return problem;
        }

        var changed = await change(queue, id, cancellationToken);
        await monitor.MeasureAsync(cancellationToken);
        return changed == 0 && id is not null ? Problems.NotFound.Result(MessagingTexts.Of("messages.notParked", ("id", id))) : TypedResults.Ok(new Done(changed));
    }

    private static ProblemHttpResult? Unknown(string? queue, ParkedMessages messages) =>
        queue is null || messages.Queues.Contains(queue, StringComparer.Ordinal)
            ? null
            : Problems.NotFound.Result(MessagingTexts.Of("messages.noQueue", ("queue", queue), ("queues", string.Join(", ", messages.Queues))));

    private static string Table(List list)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"QUEUE",-40} {"ID",-36} {"TYPE",-24} {"SINCE",-20} {"TRACE",-32} REASON");
        foreach (var item in list.Items)
        {
            // One line per message, although the text of an exception may have several.
            var reason = string.Join(' ', item.Reason.Split(['\r', '\n', '\t', '\x1B'], StringSplitOptions.RemoveEmptyEntries));
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{item.Queue,-40} {item.MessageId?.ToString() ?? "-",-36} {item.Type ?? "-",-24} {item.ParkedAt?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "-",-20} {item.TraceId ?? "-",-32} {reason}");
        }

        if (list.Total > list.Items.Count)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"and {list.Total - list.Items.Count} more");
        }

        return text.ToString();
    }
}
