using System.Text.RegularExpressions;
using LinkShort.Contracts;
using LinkShort.Links.Domain;
using LinkShort.Localization;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Links.Behavior;

/// <summary>Validates and normalizes a condition about the visitor, so that redirect can compare strings.</summary>
internal sealed partial class ConditionInput(string field, ValidationErrors errors)
{
    public const int MaxEntries = 50;
    public const int MaxPlace = 100;
    public const int MaxSoftware = 50;
    public const int MaxQueryName = 100;
    public const int MaxQueryValue = 255;
    public const string Direct = "direct";

    internal static readonly string[] Continents = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"];
    internal static readonly string[] Devices = ["desktop", "mobile", "tablet", "tv", "console", "wearable", "bot"];
    internal static readonly string[] Days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// <summary>Normalizes one entry of a list; null if it is invalid.</summary>
    private delegate string? Reader(string text);

    /// <param name="condition">Has exactly one member, and not all, any or not.</param>
    public RuleCondition Read(RuleCondition condition) => new()
    {
        Continent = Values("continent", condition.Continent, OneOf(Continents), FieldRules.OneOf(Continents)),
        Country = Values("country", condition.Country, Countries.Find, LinksTexts.Of("rules.country")),
        Region = Values("region", condition.Region, Name(MaxPlace), LinksTexts.Of("rules.name", ("max", MaxPlace), ("example", "Bavaria"))),
        City = Values("city", condition.City, Name(MaxPlace), LinksTexts.Of("rules.name", ("max", MaxPlace), ("example", "Munich"))),
        Device = Values("device", condition.Device, OneOf(Devices), FieldRules.OneOf(Devices)),
        Os = Values("os", condition.Os, Name(MaxSoftware), LinksTexts.Of("rules.name", ("max", MaxSoftware), ("example", "iOS"))),
        Browser = Values("browser", condition.Browser, Name(MaxSoftware), LinksTexts.Of("rules.name", ("max", MaxSoftware), ("example", "Firefox"))),
        Language = Values("language", condition.Language, LanguageTag.Canonical, LinksTexts.Of("rules.language")),
        Referrer = Values("referrer", condition.Referrer, Host, LinksTexts.Of("rules.referrer")),
        Time = condition.Time is { } time ? Time(time) : null,
        Query = condition.Query is { } query ? Query(query) : null,
    };

    private List<string>? Values(string member, IReadOnlyList<string?>? entries, Reader read, LocalizedText right)
    {
        if (entries is null)
        {
            return null;
        }

        var name = $"{field}.{member}";
        if (entries.Count is 0 or > MaxEntries)
        {
            errors.Add(name, LinksTexts.Of("rules.entries", ("max", MaxEntries)));
            return null;
        }

        var kept = new List<string>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i] is not { } entry || read(entry) is not { } value)
            {
                errors.Add($"{name}[{i}]", right);
            }
            else if (!kept.Contains(value, StringComparer.OrdinalIgnoreCase))
            {
                kept.Add(value);
            }
        }

        return kept;
    }

    private TimeWindow Time(TimeWindow time)
    {
        if (time is { From: null, To: null, Days: null })
        {
            errors.Add($"{field}.time", LinksTexts.Of("rules.timeMembers"));
        }

        if (time.TimeZone is not null && !TimeZones.TryFind(time.TimeZone, out _))
        {
            errors.Add($"{field}.time.timeZone", LinksTexts.Of("rules.timeZone"));
        }

        Clock("from", time.From);
        Clock("to", time.To);
        if ((time.From ?? Midnight) == (time.To ?? Midnight) && (time.From ?? time.To) is not null)
        {
            errors.Add($"{field}.time.to", LinksTexts.Of("rules.sameTimes"));
        }

        return new TimeWindow(
            time.TimeZone, time.From, time.To, Values("time.days", time.Days, OneOf(Days), FieldRules.OneOf(Days)));
    }

    private const string Midnight = "00:00";

    private void Clock(string member, string? text)
    {
        if (text is not null && !HoursAndMinutes().IsMatch(text))
        {
            errors.Add($"{field}.time.{member}", LinksTexts.Of("rules.clock"));
        }
    }

    private QueryCondition Query(QueryCondition query)
    {
        if (string.IsNullOrEmpty(query.Name) || Characters.Exceed(query.Name, MaxQueryName) || !IsPlain(query.Name))
        {
            errors.Add($"{field}.query.name", LinksTexts.Of("rules.queryName", ("max", MaxQueryName)));
        }

        // A value may be empty (?ref=), and spaces can be significant.
        return new QueryCondition(
            query.Name ?? "",
            Values("query.values", query.Values, text => !Characters.Exceed(text, MaxQueryValue) && IsPlain(text) ? text : null, LinksTexts.Of("rules.queryValue", ("max", MaxQueryValue))));
    }

    private static Reader OneOf(string[] known) => text => known.FirstOrDefault(value => value.Equals(text, StringComparison.OrdinalIgnoreCase));

    private static Reader Name(int maxLength) => text =>
    {
        // Checked before normalization, which is expensive for huge texts.
        var name = text.Length <= 8 * maxLength && IsPlain(text) ? text.Trim().Normalize() : "";
        return name.Length > 0 && !Characters.Exceed(name, maxLength) ? name : null;
    };

    private static string? Host(string text)
    {
        if (text.Equals(Direct, StringComparison.OrdinalIgnoreCase))
        {
            return Direct;
        }

        // As in Referer headers: ASCII, lower case.
        return text.Length <= 253 && IsPlain(text) && TargetUrl.TryGetAsciiName(text, out var name) && name.Contains('.', StringComparison.Ordinal) ? name : null;
    }

    private static bool IsPlain(string text) => Slug.IsWellFormed(text) && !text.Any(char.IsControl);

    [GeneratedRegex(@"\A([01][0-9]|2[0-3]):[0-5][0-9]\z")]
    private static partial Regex HoursAndMinutes();
}
