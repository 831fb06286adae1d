using LinkShort.ServiceDefaults;

namespace LinkShort.Analytics.Rollups;

/// <summary>Wakes the <see cref="Roller"/> right after raw clicks were committed; its polling is for what another replica stored.</summary>
public sealed class RollupSignal : Signal;
