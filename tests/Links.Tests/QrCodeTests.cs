using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Text;

namespace LinkShort.Links.Tests;

public sealed class QrCodeTests(LinksFixture fixture)
{
    [Theory]
    [InlineData("")]
    [InlineData("?format=png")]
    [InlineData("?format=png&size=64&margin=0&level=L")]
    [InlineData("?format=png&size=2048&margin=10&level=H&fg=0f766e&bg=fef3c7")]
    [InlineData("?format=png&bg=transparent")]
    [InlineData("?format=svg&size=64&level=Q&fg=%230f766e")]
    public async Task A_scanner_reads_the_short_url(string query)
    {
        using var client = fixture.Links.ClientOf();
        var link = await client.CreatedAsync();

        using var response = await client.Http.GetAsync($"/api/v1/links/{link["id"]}/qr{query}");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe(query.Contains("png", StringComparison.Ordinal) ? "image/png" : "image/svg+xml");
        (await DecodeAsync(await response.Content.ReadAsByteArrayAsync())).ShouldBe((string)link["shortUrl"]!);
    }

    [Fact]
    public async Task After_a_rename_it_has_the_new_short_url()
    {
        using var client = fixture.Links.ClientOf();
        var link = await client.CreatedAsync();
        var code = $"qr-{Guid.NewGuid():N}";
        (await client.ChangeAsync(link["id"]!, new { code })).Status.ShouldBe(HttpStatusCode.OK);

        using var response = await client.Http.GetAsync($"/api/v1/links/{link["id"]}/qr");

        response.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
        (await DecodeAsync(await response.Content.ReadAsByteArrayAsync())).ShouldEndWith("/" + code);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(500)]
    [InlineData(4096)]
    public async Task A_png_is_as_large_as_whole_modules_allow(int size)
    {
        using var client = fixture.Links.ClientOf();
        var link = await client.CreatedAsync();

        var png = await client.Http.GetByteArrayAsync($"/api/v1/links/{link["id"]}/qr?format=png&size={size}");

        // The header chunk, PNG 11.2.2.
        var width = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16));
        width.ShouldBe(BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
        width.ShouldBeInRange(size / 2, size);
    }

    [Theory]
    [InlineData("format=gif", "format")]
    [InlineData("size=63", "size")]
    [InlineData("size=4097", "size")]
    [InlineData("size=big", "size")]
    [InlineData("margin=-1", "margin")]
    [InlineData("margin=17", "margin")]
    [InlineData("fg=red", "fg")]
    [InlineData("fg=fff", "fg")]
    [InlineData("bg=%22%2F%3E%3Cscript%3E", "bg")]
    [InlineData("level=X", "level")]
    [InlineData("fg=aaaaaa", "fg")]
    [InlineData("fg=ffffff&bg=000000", "fg")]
    [InlineData("fg=aaaaaa&bg=transparent", "fg")]
    [InlineData("logo=x", "logo")]
    public async Task Bad_parameters_are_400_and_named(string query, string field)
    {
        using var client = fixture.Links.ClientOf();
        var link = await client.CreatedAsync();

        var answer = await client.SendAsync(HttpMethod.Get, $"/api/v1/links/{link["id"]}/qr?{query}");

        answer.ShouldBeProblem(HttpStatusCode.BadRequest, "validation");
        answer.Json["errors"]!.AsObject().Select(error => error.Key).ShouldBe([field]);
    }

    [Fact]
    public async Task Another_workspaces_link_is_404()
    {
        using var owner = fixture.Links.ClientOf();
        using var other = fixture.Links.ClientOf();
        var link = await owner.CreatedAsync();

        (await other.SendAsync(HttpMethod.Get, $"/api/v1/links/{link["id"]}/qr")).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
    }

    private static async Task<string> DecodeAsync(byte[] image)
    {
        // The script's packages are in the project folder, not in its output.
        var script = Path.GetFullPath("../../../decode.mjs", AppContext.BaseDirectory);
        using var process = Process.Start(new ProcessStartInfo("node", [script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        })!;
        await process.StandardInput.BaseStream.WriteAsync(image);
        process.StandardInput.Close();
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return text;
    }
}
