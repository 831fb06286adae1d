using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LinkShort.Conventions.Tests;

/// <summary>The audit log is read by people: each action that services record has a sentence, instead of its code.</summary>
public sealed partial class AuditSentencesTests
{
    [Fact]
    public void Each_recorded_action_has_a_sentence()
    {
        var texts = JsonNode.Parse(Repository.Files("services/Web/Texts/en", "auditLog.json").Single().Text)!.AsObject();

        var actions = Repository.Code.SelectMany(source => Recorded().Matches(source.Text)).Select(match => match.Groups["action"].Value).ToHashSet(StringComparer.Ordinal);

        actions.Count.ShouldBeGreaterThan(40);
        actions.Where(action => !texts.ContainsKey("did." + action)).ShouldBeNone("Add auditLog.did.{action} in each language.");
    }

    [GeneratedRegex(@"\.Entry\(\s*""(?<action>[a-zA-Z]+\.[a-zA-Z]+)""")]
    private static partial Regex Recorded();
}
