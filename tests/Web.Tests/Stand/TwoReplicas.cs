namespace LinkShort.Web.Tests.Stand;

/// <summary>Two replicas of the web app on one Redis database, and the API that both call. Each test has its own accounts.</summary>
public sealed class TwoReplicas(RedisFixture redis) : IAsyncLifetime
{
    internal FakeApi Api { get; private set; } = null!;

    /// <summary>Connection string; further replicas can share it.</summary>
    internal string Redis { get; private set; } = "";

    internal WebApp First { get; private set; } = null!;

    internal WebApp Second { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Api = await FakeApi.StartAsync();
        Redis = await redis.NextDatabaseAsync();
        First = WebApp.Start(Api, Redis);
        Second = WebApp.Start(Api, Redis);
    }

    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await Api.DisposeAsync();
    }
}
