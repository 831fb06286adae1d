using LinkShort.Localization;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>Rules that fields of several services have, so that each has one wording.</summary>
public static class FieldRules
{
    public static LocalizedText Required { get; } = HttpTexts.Of("rules.required");

    public static LocalizedText Future { get; } = HttpTexts.Of("rules.future");

    public static LocalizedText Unicode { get; } = HttpTexts.Of("json.unicode");

    public static LocalizedText UnknownParameter { get; } = HttpTexts.Of("rules.unknownParameter");

    public static LocalizedText Range(long min, long max) => HttpTexts.Of("rules.range", ("min", min), ("max", max));

    public static LocalizedText MaxCharacters(int max) => HttpTexts.Of("rules.maxCharacters", ("max", max));

    public static LocalizedText MaxPrintable(int max) => HttpTexts.Of("rules.maxPrintable", ("max", max));

    public static LocalizedText Printable(int max) => HttpTexts.Of("rules.printable", ("max", max));

    public static LocalizedText OneOf(params IEnumerable<string> values) => HttpTexts.Of("rules.oneOf", ("values", string.Join(", ", values)));

    public static LocalizedText Either(string first, string second) => HttpTexts.Of("rules.either", ("first", first), ("second", second));

    public static LocalizedText After(string other) => HttpTexts.Of("rules.after", ("other", other));
}
