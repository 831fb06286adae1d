namespace LinkShort.Visitors.Tests;

internal static class Allocations
{
    /// <summary>
    /// Bytes that repeated work allocates on this thread: the least of five windows. What .NET allocates once, when it compiles a method
    /// again, is in one of them, not in all.
    /// </summary>
    public static long Of(Action work)
    {
        return Enumerable.Range(0, 5).Min(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
    }
}
