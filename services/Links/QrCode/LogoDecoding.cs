namespace LinkShort.Links.QrCode;

/// <summary>Bounds the memory of uploaded logos: each takes up to 16 MiB while it is decoded.</summary>
public sealed class LogoDecoding : IDisposable
{
    public const int MaxConcurrent = 2;

    private readonly SemaphoreSlim _slots = new(MaxConcurrent);

    /// <returns>False if others are being decoded; otherwise <see cref="End"/> must follow.</returns>
    public bool TryBegin() => _slots.Wait(0);

    public void End() => _slots.Release();

    public void Dispose() => _slots.Dispose();
}
