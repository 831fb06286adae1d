using System.Globalization;
using LinkShort.Localization;
using LinkShort.Web.Api;

namespace LinkShort.Web.Administration;

/// <summary>The form of an announcement. Times are UTC, in the format of <c>datetime-local</c>.</summary>
public sealed record AnnouncementForm
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];

    public Guid? Id { get; init; }

    public string? En { get; init; }

    public string? De { get; init; }

    public string? Es { get; init; }

    public string? Fr { get; init; }

    public string? Ar { get; init; }

    public string Level { get; init; } = "info";

    public string? StartsAt { get; init; }

    public string? EndsAt { get; init; }

    /// <summary>"on", or null.</summary>
    public string? Stays { get; init; }

    public static AnnouncementForm Of(AdminAnnouncement announcement)
    {
        return new AnnouncementForm
        {
            Id = announcement.Id,
            En = Text("en"),
            De = Text("de"),
            Es = Text("es"),
            Fr = Text("fr"),
            Ar = Text("ar"),
            Level = announcement.Level,
            StartsAt = Written(announcement.StartsAt),
            EndsAt = announcement.EndsAt is { } end ? Written(end) : null,
            Stays = announcement.Dismissible ? null : "on",
        };

        string? Text(string language) => announcement.Texts.TryGetValue(language, out var text) ? text : null;
    }

    /// <returns>The change, and the errors of values that can't be sent.</returns>
    public (AnnouncementChange Change, ApiProblem? Problem) ToChange(Texts messages)
    {
        ApiProblem? problem = null;
        var texts = new (string Language, string? Text)[] { ("en", En), ("de", De), ("es", Es), ("fr", Fr), ("ar", Ar) }
            .Where(each => !string.IsNullOrWhiteSpace(each.Text)).ToDictionary(each => each.Language, each => each.Text!.Trim());
        var change = new AnnouncementChange(texts, Level, Time(StartsAt, "startsAt"), Time(EndsAt, "endsAt"), Stays is null);
        return (change, problem);

        DateTimeOffset? Time(string? text, string field)
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                return null;
            }

            if (DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            {
                return time;
            }

            problem ??= ApiProblem.OfField(StatusCodes.Status400BadRequest, "validation", field, messages["administration.timeInvalid"]);
            return null;
        }
    }

    private static string Written(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm", CultureInfo.InvariantCulture);
}
