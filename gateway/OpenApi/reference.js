// No fonts, proxy, telemetry or assistant of others: the page works without reaching another host.
Scalar.createApiReference("#reference", {
  url: "/api/v1/openapi.json",
  title: "LinkShort API",
  agent: { disabled: true },
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  defaultOpenAllTags: false,
  documentDownloadType: "json",
  hideClientButton: true,
  showDeveloperTools: "never",
  // The look is in reference.css, from the tokens.
  theme: "none",
  persistAuth: false,
  proxyUrl: "",
  telemetry: false,
  withDefaultFonts: false,
});
