using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LinkShort.Links.QrCode;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SkiaSharp;

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
    public async Task Scanners_read_the_short_url(string query)
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
    [InlineData("format=png")]
    [InlineData("format=png&size=200&margin=1")]
    [InlineData("format=png&size=2048&bg=transparent&level=L")]
    [InlineData("format=png&fg=0f766e&bg=fef3c7")]
    [InlineData("format=svg")]
    public async Task A_code_with_a_logo_is_read_by_scanners(string query)
    {
        using var client = fixture.Links.ClientOf();
        var link = await client.CreatedAsync(new { url = "https://example.com/", code = $"{Guid.NewGuid():N}"[..8] });
        (await PutLogoAsync(client, Picture(SKEncodedImageFormat.Png, 300, 120))).Status.ShouldBe(HttpStatusCode.NoContent);
        var path = $"/api/v1/links/{link["id"]}/qr?{query}";

        using var plain = await client.Http.GetAsync(path);
        using var response = await client.Http.GetAsync(path + "&logo=true");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var image = await response.Content.ReadAsByteArrayAsync();
        image.ShouldNotBe(await plain.Content.ReadAsByteArrayAsync());
        (await DecodeAsync(image)).ShouldBe((string)link["shortUrl"]!);
        response.Headers.ETag.ShouldNotBe(plain.Headers.ETag);
        using var again = new HttpRequestMessage(HttpMethod.Get, path + "&logo=true");
        again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
        (await client.Http.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_logo_belongs_to_the_workspace_and_only_its_pixels_are_kept()
    {
        using var client = fixture.Links.ClientOf();
        using var other = fixture.Links.ClientOf();
        var link = await client.CreatedAsync();
        (await client.SendAsync(HttpMethod.Get, $"/api/v1/links/{link["id"]}/qr?logo=true")).ShouldRefuse("logo");
        (await client.SendAsync(HttpMethod.Get, Logo)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");

        foreach (var format in new[] { SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp })
        {
            (await PutLogoAsync(client, [.. Picture(format, 64, 64), .. "<script>alert(1)</script>"u8])).Status.ShouldBe(HttpStatusCode.NoContent);
        }

        var stored = await client.Http.GetByteArrayAsync(Logo);
        using var decoded = SKBitmap.Decode(stored);
        (decoded.Width, decoded.Height).ShouldBe((256, 256));
        Encoding.Latin1.GetString(stored).ShouldNotContain("script");
        (await other.SendAsync(HttpMethod.Get, Logo)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");
        (await other.SendAsync(HttpMethod.Delete, Logo)).ShouldBeProblem(HttpStatusCode.NotFound, "not-found");

        (await client.SendAsync(HttpMethod.Get, $"/api/v1/links/{link["id"]}/qr?logo=true&size=4096")).ShouldRefuse("size");
        (await client.SendAsync(HttpMethod.Delete, Logo)).Status.ShouldBe(HttpStatusCode.NoContent);
        var audited = await fixture.Events.AuditedAsync(client.Workspace.ToString(), 4);
        audited.Select(entry => entry.Action).ShouldBe(["qrLogo.replaced", "qrLogo.replaced", "qrLogo.replaced", "qrLogo.removed"]);
    }

    [Fact]
    public async Task Files_that_are_no_pictures_are_refused_and_the_logo_stays()
    {
        using var client = fixture.Links.ClientOf();
        await PutLogoAsync(client, Picture(SKEncodedImageFormat.Png, 10, 10));
        var before = await client.Http.GetByteArrayAsync(Logo);
        var picture = Picture(SKEncodedImageFormat.Png, 10, 10);

        foreach (var file in new[] { [], "<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>"u8.ToArray(), "GIF89a"u8.ToArray(), picture[..30], Picture(SKEncodedImageFormat.Png, 2049, 1), Bomb() })
        {
            (await PutLogoAsync(client, file)).ShouldRefuse("logo");
        }

        // Slightly too large for a logo, but not for a request.
        (await PutLogoAsync(client, [.. picture, .. new byte[1024 * 1024]])).ShouldRefuse("logo");
        (await client.Http.GetByteArrayAsync(Logo)).ShouldBe(before);

        // A header that promises 60,000 × 60,000 pixels.
        byte[] Bomb()
        {
            var bomb = picture.ToArray();
            BinaryPrimitives.WriteInt32BigEndian(bomb.AsSpan(16), 60_000);
            BinaryPrimitives.WriteInt32BigEndian(bomb.AsSpan(20), 60_000);
            return bomb;
        }
    }

    [Theory]
    [InlineData(1, "top left", "top right")]
    [InlineData(2, "top right", "top left")]
    [InlineData(3, "bottom right", "bottom left")]
    [InlineData(4, "bottom left", "bottom right")]
    [InlineData(5, "top left", "bottom left")]
    [InlineData(6, "top right", "bottom right")]
    [InlineData(7, "bottom right", "top right")]
    [InlineData(8, "bottom left", "top left")]
    public void A_photo_is_stored_upright(byte orientation, string first, string last)
    {
        // The first pixels of the file are red, the last ones of its first row are lime.
        using var bitmap = new SKBitmap(64, 64);
        bitmap.Erase(SKColors.White);
        bitmap.Erase(SKColors.Red, SKRectI.Create(0, 0, 32, 32));
        bitmap.Erase(SKColors.Lime, SKRectI.Create(32, 0, 32, 32));
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, 100);
        var jpeg = encoded.ToArray();
        // Exif 2.3: an APP1 segment with one entry, the orientation.
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif"u8, 0, 0, .. "MM"u8, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];

        QrLogo.TryRead([.. jpeg[..2], .. exif, .. jpeg[2..]], out var png).ShouldBeTrue();

        using var stored = SKBitmap.Decode(png);
        SKColor At(string corner) => stored.GetPixel(corner.EndsWith("left", StringComparison.Ordinal) ? 40 : 216, corner.StartsWith("top", StringComparison.Ordinal) ? 40 : 216);
        At(first).ShouldSatisfyAllConditions(colour => colour.Red.ShouldBeGreaterThan((byte)200), colour => colour.Green.ShouldBeLessThan((byte)60));
        At(last).ShouldSatisfyAllConditions(colour => colour.Green.ShouldBeGreaterThan((byte)200), colour => colour.Red.ShouldBeLessThan((byte)60));
    }

    [Fact]
    public async Task No_more_than_two_logos_are_decoded_at_the_same_time()
    {
        using var decoding = new LogoDecoding();
        var picture = new DefaultHttpContext { Request = { Body = new MemoryStream(Picture(SKEncodedImageFormat.Png, 10, 10)) } };
        decoding.TryBegin().ShouldBeTrue();
        decoding.TryBegin().ShouldBeTrue();

        var busy = await QrLogoEndpoints.ReplaceAsync(picture.Request, null!, decoding, null!, null!, TimeProvider.System, default);
        busy.Result.ShouldBeOfType<ProblemHttpResult>().StatusCode.ShouldBe(StatusCodes.Status503ServiceUnavailable);

        // A file that is refused gives its place back.
        decoding.End();
        for (var i = 0; i < 2; i++)
        {
            var empty = new DefaultHttpContext();
            (await QrLogoEndpoints.ReplaceAsync(empty.Request, null!, decoding, null!, null!, TimeProvider.System, default)).Result
                .ShouldBeOfType<ProblemHttpResult>().StatusCode.ShouldBe(StatusCodes.Status400BadRequest);
        }
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

    private const string Logo = "/api/v1/qr-logo";

    private static Task<ApiAnswer> PutLogoAsync(ApiClient client, byte[] file) =>
        client.SendAsync(HttpMethod.Put, Logo, new ByteArrayContent(file) { Headers = { ContentType = new("image/png") } });

    private static byte[] Picture(SKEncodedImageFormat format, int width, int height)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(SKColors.DarkRed);
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>What both scanners read.</summary>
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
        process.ExitCode.ShouldBe(0);
        var read = JsonNode.Parse(text)!;
        ((string)read["zbar"]!).ShouldBe((string)read["jsqr"]!, "ZBar and jsQR");
        return (string)read["jsqr"]!;
    }
}
