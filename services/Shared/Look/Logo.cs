namespace LinkShort.Look;

/// <summary>The logo's mark, as in services/Web/wwwroot/img/favicon.svg.</summary>
public static class Logo
{
    /// <summary>The content of an <c>svg</c> element.</summary>
    public static readonly string Mark =
        $"<rect width=\"32\" height=\"32\" rx=\"9\" fill=\"{DesignTokens.Light("plate")}\"/>"
        + $"<path d=\"M14.5 10.5h-3a5.5 5.5 0 0 0 0 11h3M12.5 16h13M21 11.5l4.5 4.5l-4.5 4.5\" fill=\"none\" stroke=\"{DesignTokens.Light("lime")}\" stroke-width=\"2.6\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>";

    public const string ViewBox = "0 0 32 32";
}
