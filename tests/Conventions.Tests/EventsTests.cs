using LinkShort.Contracts;
using MassTransit;

namespace LinkShort.Conventions.Tests;

/// <summary>
/// The outbox keeps an event until it is in a queue. So each event has a consumer, or is marked as having none: otherwise it would wait forever.
/// </summary>
public sealed class EventsTests
{
    private static readonly Type[] Vocabulary =
        [typeof(ProblemType), typeof(Permission), typeof(Feature), typeof(LinkRange), typeof(EvaluationRequest), typeof(EvaluationResponse), typeof(DescribedVisitor), typeof(EvaluationOutcome)];

    [Fact]
    public void Every_event_has_a_consumer_or_is_marked_as_having_none()
    {
        var consumed = Part.Names.SelectMany(Consumed).ToHashSet();
        Events.Count().ShouldBeGreaterThan(25);

        Events.Where(type => type.IsDefined(typeof(WithoutConsumerAttribute), false) == consumed.Contains(type)).Select(type => type.Name)
            .ShouldBeNone("An event with a consumer, or one with [WithoutConsumer]; not both.");
    }

    /// <summary>Records that are not part of another record.</summary>
    private static IEnumerable<Type> Events
    {
        get
        {
            var records = typeof(LinkChanged).Assembly.GetExportedTypes().Where(type => type.GetMethod("<Clone>$") is not null).Except(Vocabulary).ToList();
            var held = records.SelectMany(record => record.GetProperties()).SelectMany(property => TypesIn(property.PropertyType)).ToHashSet();
            return records.Where(record => !held.Contains(record));
        }
    }

    private static IEnumerable<Type> TypesIn(Type type) => [type, .. type.GetGenericArguments().SelectMany(TypesIn)];

    private static IEnumerable<Type> Consumed(string name)
    {
        using var part = Part.Build(name, Part.Settings);
        return
        [
            .. part.Registrations.SelectMany(registration => registration.ServiceType.GetInterfaces())
                .Where(each => each.IsGenericType && each.GetGenericTypeDefinition() == typeof(IConsumer<>))
                .Select(each => each.GetGenericArguments()[0]),
        ];
    }
}
