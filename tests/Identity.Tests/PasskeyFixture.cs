using LinkShort.Testing;

namespace LinkShort.Identity.Tests;

/// <summary>A browser, and an identity with the URL of the browser's pages.</summary>
public sealed class PasskeyFixture(IdentityApplication identity) : IAsyncLifetime
{
    public PasskeyBrowser Browser { get; } = new();

    public ServiceFactory<Program> Host { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Browser.InitializeAsync();
        Host = identity.Another(("Identity:PublicUrl", Browser.Origin));
    }

    public async ValueTask DisposeAsync()
    {
        if (Host is not null)
        {
            await Host.DisposeAsync();
        }

        await Browser.DisposeAsync();
    }
}
