using LinkShort.ServiceDefaults;

namespace LinkShort.Analytics.Rollups;

/// <summary>Wakes the <see cref="Roller"/> after this replica committed raw clicks; polling finds those of other replicas.</summary>
public sealed class RollupSignal : Signal;
