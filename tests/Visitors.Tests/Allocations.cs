namespace LinkShort.Visitors.Tests;

internal static class Allocations
{
    /// <summary>
    /// Bytes that work allocates on this thread: the minimum of five runs, which excludes one-time allocations such as recompiling a method.
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
