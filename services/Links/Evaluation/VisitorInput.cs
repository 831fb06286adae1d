using LinkShort.Contracts;
using LinkShort.Links.Behavior;
using LinkShort.Links.Domain;
using LinkShort.ServiceDefaults.Http;
using LinkShort.Values;

namespace LinkShort.Links.Evaluation;

/// <summary>Validates a described visitor by the rules of conditions, so that what a rule can ask for can be described.</summary>
internal sealed class VisitorInput(ValidationErrors errors)
{
    private const int MaxQuery = 2048;

    /// <summary>A messenger or social network that previews the link; a condition has only bot for it.</summary>
    private const string Preview = "preview";

    internal static readonly string[] Devices = [.. ConditionInput.Devices, Preview];

    public DescribedVisitor Read(DescribedVisitor visitor)
    {
        var isPreview = visitor.Device == Preview;
        var read = new ConditionInput("visitor", errors);
        return new DescribedVisitor
        {
            Country = One(visitor.Country, value => read.Read(new() { Country = value }).Country),
            Region = One(visitor.Region, value => read.Read(new() { Region = value }).Region),
            City = One(visitor.City, value => read.Read(new() { City = value }).City),
            Device = isPreview ? Preview : One(visitor.Device, value => read.Read(new() { Device = value }).Device),
            Os = One(visitor.Os, value => read.Read(new() { Os = value }).Os),
            Browser = One(visitor.Browser, value => read.Read(new() { Browser = value }).Browser),
            Language = One(visitor.Language, value => read.Read(new() { Language = value }).Language),
            Referrer = One(visitor.Referrer, value => read.Read(new() { Referrer = value }).Referrer) is var host && host == ConditionInput.Direct ? null : host,
            Query = Query(visitor.Query),
        };
    }

    /// <summary>Blank is unknown.</summary>
    private static string? One(string? text, Func<string[], IReadOnlyList<string>?> read) =>
        string.IsNullOrWhiteSpace(text) ? null : read([text.Trim()]) is [var value] ? value : null;

    private string? Query(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (Characters.Exceed(text, MaxQuery) || !Slug.IsWellFormed(text) || text.Any(character => char.IsControl(character) || char.IsWhiteSpace(character)))
        {
            errors.Add("visitor.query", LinksTexts.Of("evaluation.query", ("max", MaxQuery)));
            return null;
        }

        return text.TrimStart('?');
    }
}
