using LinkShort.Contracts;

namespace LinkShort.Redirect.Rules;

/// <summary>
/// A link's behaviour, compiled once for as long as the link is cached. Compiled at the first visit, because most copies of a link (from
/// events, or from lookups that fill caches) are never visited.
/// </summary>
public sealed class Plan(LinkBehavior behavior, string destination)
{
    private Targets? _targets;

    private volatile bool _isUsedUp;

    public LinkBehavior Behavior { get; } = behavior;

    /// <summary>Whether the link's click limit is known to be reached. Never becomes false again.</summary>
    public bool IsUsedUp
    {
        get => _isUsedUp;
        set => _isUsedUp |= value;
    }

    /// <summary>
    /// Whether a browser may cache the answer (if the owner sets for how long): not where the next visit could get another answer, or has
    /// to be counted.
    /// </summary>
    public bool IsCacheable =>
        Behavior is { MaxClicks: null, PasswordHash: null, Rules: null or { Count: 0 }, Variants: null or { Count: 0 } };

    /// <summary>Whether visitors are redirected to different destinations.</summary>
    public bool Varies => Behavior is { Rules.Count: > 0 } or { Variants.Count: > 0 } or { DeepLinks: not null };

    internal Targets To => _targets ??= new Targets(Behavior, destination);

    /// <summary>Every destination of the link.</summary>
    internal sealed class Targets
    {
        private readonly Variant[] _variants;
        private readonly ulong _totalWeight;

        public Targets(LinkBehavior behavior, string destination)
        {
            Target Of(string url) => new(url, behavior.Utm);
            Destination = Of(destination);
            Expired = behavior.ExpiredUrl is { } expired ? new Target(expired) : null;
            Ios = behavior.DeepLinks?.Ios is { } ios ? Of(ios) : null;
            Android = behavior.DeepLinks?.Android is { } android ? Of(android) : null;
            Rules = [.. (behavior.Rules ?? []).Select(rule => (Condition.Of(rule.When), Of(rule.Url)))];
            _variants = [.. (behavior.Variants ?? []).Select((variant, index) =>
                new Variant(variant.Weight, variant.Name ?? NameOf(index), variant.Url is { } url ? Of(url) : null))];
            _totalWeight = (ulong)_variants.Sum(variant => (long)Math.Max(variant.Weight, 0));
        }

        /// <summary>The destination when no deep link, variant or rule applies.</summary>
        public Target Destination { get; }

        public Target? Expired { get; }

        public Target? Ios { get; }

        public Target? Android { get; }

        public (Condition When, Target To)[] Rules { get; }

        public bool HasVariants => _totalWeight > 0;

        /// <summary>Maps a random number to a variant by weight; null if the link has none.</summary>
        public Variant? VariantOf(ulong draw)
        {
            if (_totalWeight == 0)
            {
                return null;
            }

            // 64 bits modulo at most a few thousand: the bias is not measurable.
            var point = draw % _totalWeight;
            foreach (var variant in _variants)
            {
                if (point < (ulong)Math.Max(variant.Weight, 0))
                {
                    return variant;
                }

                point -= (ulong)Math.Max(variant.Weight, 0);
            }

            return null;
        }

        /// <summary>For each variant, a number that <see cref="VariantOf"/> maps to it, and its share of the visitors; one of any number without variants.</summary>
        public IEnumerable<(ulong Draw, double Share)> Draws
        {
            get
            {
                if (_totalWeight == 0)
                {
                    yield return (0, 1);
                    yield break;
                }

                var draw = 0UL;
                foreach (var weight in _variants.Select(variant => (ulong)Math.Max(variant.Weight, 0)).Where(weight => weight > 0))
                {
                    yield return (draw, (double)weight / _totalWeight);
                    draw += weight;
                }
            }
        }

        /// <summary>A … Z, then AA, AB …, as spreadsheets count columns.</summary>
        private static string NameOf(int index) => index < 26 ? ((char)('A' + index)).ToString() : NameOf((index / 26) - 1) + NameOf(index % 26);
    }

    /// <param name="To">Null for the control group, which is treated as if there were no variants.</param>
    internal sealed record Variant(int Weight, string Name, Target? To);
}
