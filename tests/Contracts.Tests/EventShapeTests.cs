using System.Runtime.CompilerServices;
using System.Text.Json;

namespace LinkShort.Contracts.Tests;

public sealed class EventShapeTests
{
    private const string ApproveVariable = "APPROVE_CONTRACTS";

    [Fact]
    public void Events_keep_the_shape_that_was_approved()
    {
        var file = Path.Combine(Folder(), "events.approved.txt");
        var actual = EventShapes.Describe(EventShapes.Published);
        var approved = File.Exists(file) ? File.ReadAllText(file) : "";

        var difference = EventShapes.Compare(approved, actual);
        difference.Breaking.ShouldBeEmpty(
            $"A published event can't lose, rename, retype or newly demand anything: messages of the version before are still in queues.\n  {string.Join("\n  ", difference.Breaking)}\n"
            + "Add a nullable property, or a new event beside the old one.");
        if (difference.Additions.Count > 0 && Environment.GetEnvironmentVariable(ApproveVariable) == "1")
        {
            File.WriteAllText(file, actual);
            return;
        }

        difference.Additions.ShouldBeEmpty(
            $"Events have grown:\n  {string.Join("\n  ", difference.Additions)}\n"
            + $"If that is meant, run  {ApproveVariable}=1 dotnet test tests/Contracts.Tests  and commit tests/Contracts.Tests/events.approved.txt.");
    }

    [Fact]
    public void Only_events_and_their_values_are_published()
    {
        var names = EventShapes.Published.Select(type => type.Name).ToList();

        names.ShouldContain(nameof(LinkChanged));
        names.ShouldContain(nameof(ClicksRecorded));
        names.ShouldContain(nameof(Click));
        EventShapes.Published.ShouldAllBe(type => type.IsSealed && type.Namespace == "LinkShort.Contracts");
    }

    private const string Approved = """
        LinkShort.Contracts.LinkRemoved
          Code: String
          RemovedAt: DateTimeOffset
          Title: String?
          Version: Int64

        """;

    [Theory]
    [InlineData("  Code: String\n", "", "LinkRemoved.Code is gone")]
    [InlineData("  Code: String\n", "  ShortCode: String\n", "LinkRemoved.Code is gone")]
    [InlineData("  Version: Int64", "  Version: Int32", "LinkRemoved.Version was Int64 and is Int32")]
    [InlineData("  Title: String?", "  Title: String", "LinkRemoved.Title was String? and is String")]
    [InlineData("  Title: String?", "  Title: String? required", "LinkRemoved.Title was String? and is String? required")]
    [InlineData("  Code: String\n", "  Code: String?\n", "LinkRemoved.Code was String and is String?")]
    [InlineData("  Version: Int64", "  Version: Int64\n  Why: String", "LinkRemoved.Why is new and not nullable")]
    [InlineData("  Version: Int64", "  Version: Int64\n  Count: Int32", "LinkRemoved.Count is new and not nullable")]
    [InlineData("LinkShort.Contracts.LinkRemoved", "LinkShort.Contracts.LinkDeleted", "LinkShort.Contracts.LinkRemoved is gone")]
    [InlineData("LinkShort.Contracts.LinkRemoved", "LinkShort.Contracts.V2.LinkRemoved", "LinkShort.Contracts.LinkRemoved is gone")]
    public void A_planted_breaking_change_is_found(string before, string after, string what) =>
        EventShapes.Compare(Approved, Approved.Replace(before, after, StringComparison.Ordinal)).Breaking.ShouldContain(found => found.Contains(what));

    [Theory]
    [InlineData("  Version: Int64", "  Version: Int64\n  Why: String?", "LinkRemoved.Why is new")]
    [InlineData("  Version: Int64\n", "  Version: Int64\nLinkShort.Contracts.LinkBroken\n  Code: String\n", "LinkShort.Contracts.LinkBroken is new")]
    public void A_planted_addition_needs_approval(string before, string after, string what)
    {
        var difference = EventShapes.Compare(Approved, Approved.Replace(before, after, StringComparison.Ordinal));

        difference.Breaking.ShouldBeEmpty();
        difference.Additions.ShouldHaveSingleItem().ShouldContain(what);
    }

    [Fact]
    public void The_same_shape_is_no_difference()
    {
        EventShapes.Compare(Approved, Approved).ShouldSatisfyAllConditions(
            difference => difference.Breaking.ShouldBeEmpty(),
            difference => difference.Additions.ShouldBeEmpty());
        EventShapes.Compare(Approved, Approved.Replace("\n", "\r\n", StringComparison.Ordinal)).Breaking.ShouldBeEmpty();
    }

    [Fact]
    public void Shapes_distinguish_types_lists_and_nulls() =>
        EventShapes.Describe([typeof(Sample)]).ShouldBe("""
            LinkShort.Contracts.Tests.EventShapeTests+Sample
              Count: Int32
              Demanded: Guid required
              Maybe: Int32?
              Maybes: IReadOnlyList<String?>
              Name: String
              Names: IReadOnlyList<String>?
              Nick: String?
              Numbers: Int64[]

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void Every_event_survives_JSON_and_a_property_that_a_later_version_adds()
    {
        var removed = new LinkRemoved(Guid.CreateVersion7(), Guid.CreateVersion7(), "", "code", 7, DateTimeOffset.UnixEpoch);
        var json = JsonSerializer.Serialize(removed);

        JsonSerializer.Deserialize<LinkRemoved>(json).ShouldBe(removed);
        JsonSerializer.Deserialize<LinkRemoved>(json[..^1] + ""","AddedLater":{"x":[1]}}""").ShouldBe(removed);
        foreach (var type in EventShapes.Published)
        {
            Should.NotThrow(() => JsonSerializer.Deserialize("{}", type), $"{type.Name}: nothing in it is demanded of older messages");
        }
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private sealed record Sample(
        int Count, int? Maybe, string Name, string? Nick, IReadOnlyList<string>? Names, IReadOnlyList<string?> Maybes, long[] Numbers)
    {
        public required Guid Demanded { get; init; }
    }
}
