using System.Runtime.CompilerServices;

namespace LinkShort.ServiceDefaults.Http;

/// <summary>
/// The body of a PATCH, read as a JSON merge patch (RFC 7396): a member that is absent keeps its value, null clears it. The serializer sets
/// only the properties that the body contains, so every property of a derived record reports itself:
/// <c>public string? Title { get; init =&gt; field = Given(value); }</c>.
/// </summary>
public abstract record MergePatch
{
    private readonly HashSet<string> _given = new(StringComparer.Ordinal);

    /// <param name="property">By its name in C#: <c>nameof(Title)</c>.</param>
    /// <returns>Whether the body contains the member, null or not.</returns>
    public bool Has(string property) => _given.Contains(property);

    protected T Given<T>(T value, [CallerMemberName] string property = "")
    {
        _given.Add(property);
        return value;
    }
}
