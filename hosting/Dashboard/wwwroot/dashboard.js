"use strict";

const $ = id => document.getElementById(id);
const state = { resources: [], stream: null, entries: [], streamed: null };

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

async function ask(path, options) {
  const answer = await fetch(path, options);
  if (answer.status === 401) {
    location.href = "/login";
    throw new Error("signed out");
  }
  return answer;
}

// --- How things are shown

const tones = { healthy: "good", degraded: "warn", unhealthy: "bad" };
const stateTones = { Running: "good", Active: "good", Starting: "warn", Waiting: "warn", Stopping: "warn", FailedToStart: "bad", Exited: "bad", RuntimeUnhealthy: "bad" };

function badge(text, tone, title) {
  return element("span", { className: tone ?? "", title: title ?? "" }, element("span", { className: "dot" }), element("b", {}, text));
}

function ago(time) {
  if (!time) return "";
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

const memory = bytes => bytes == null ? "" : bytes >= 1 << 30 ? `${(bytes / (1 << 30)).toFixed(1)} GiB` : `${Math.round(bytes / (1 << 20))} MiB`;
const cpu = cores => cores == null ? "" : `${(cores * 100).toFixed(cores < 0.1 ? 1 : 0)} %`;

function healthCell(resource) {
  return resource.health
    ? element("span", {}, badge(resource.health, tones[resource.health], resource.checks.map(c => `${c.name}: ${c.status ?? "…"}`).join("\n")),
        element("span", { className: "since" }, ` for ${ago(resource.healthSince)}`))
    : element("span", { className: "quiet" }, "–");
}

function commandButtons(resource, after) {
  return resource.commands.map(command => {
    const button = element("button", { type: "button", disabled: !command.isEnabled, title: command.description ?? "" }, command.displayName);
    button.addEventListener("click", async event => {
      event.stopPropagation();
      if (command.confirmation && !confirm(command.confirmation)) return;
      button.disabled = true;
      const answer = await ask(`/api/resources/${encodeURIComponent(resource.id)}/commands/${encodeURIComponent(command.name)}`, { method: "POST" });
      const result = answer.headers.get("content-type")?.includes("json") ? await answer.json() : { success: answer.ok };
      after?.(result.message ?? (result.success ? `${command.displayName}: done.` : `${command.displayName} failed.`));
      await refresh();
    });
    return button;
  });
}

// --- Resources

function renderResources() {
  const wanted = $("resource-search").value.trim().toLowerCase();
  // A button that is being pressed or tabbed to must not vanish under the user.
  if ($("resource-rows").contains(document.activeElement) && document.activeElement.matches("button:active")) return;
  const focused = document.activeElement?.dataset?.key;
  const rows = state.resources
    .filter(r => !wanted || r.id.toLowerCase().includes(wanted) || r.kind.toLowerCase().includes(wanted))
    .map(resource => {
      const url = resource.urls.find(u => u.url.startsWith("http")) ?? resource.urls[0];
      const row = element("tr", {},
        element("td", { className: resource.parent ? "child" : "" }, element("a", { href: `#/resources/${encodeURIComponent(resource.id)}` }, resource.id)),
        element("td", {}, resource.kind),
        element("td", {}, badge(resource.state + (resource.exitCode && !["Running", "Active"].includes(resource.state) ? ` (${resource.exitCode})` : ""), stateTones[resource.state])),
        element("td", {}, healthCell(resource)),
        element("td", { className: "num" }, String(resource.restarts)),
        element("td", { className: "num" }, cpu(resource.cpuCores)),
        element("td", { className: "num" }, memory(resource.memoryBytes)),
        element("td", {}, url ? (url.url.startsWith("http") ? element("a", { href: url.url, target: "_blank", rel: "noreferrer" }, url.text ?? url.url) : element("code", {}, url.url)) : ""),
        element("td", {}, element("div", { className: "actions" }, ...commandButtons(resource))));
      row.querySelectorAll("button").forEach((button, i) => { button.dataset.key = `${resource.id}/${i}`; });
      return row;
    });
  $("resource-rows").replaceChildren(...rows);
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

function renderSummary() {
  const running = state.resources.filter(r => r.health);
  const ill = running.filter(r => r.health !== "healthy").length + state.resources.filter(r => ["FailedToStart", "Exited"].includes(r.state)).length;
  $("summary").textContent = ill ? `${ill} of ${state.resources.length} need attention` : `${running.length} healthy`;
  document.title = (ill ? `(${ill}) ` : "") + "LinkShort operations";
}

async function renderDetail(id) {
  const answer = await ask(`/api/resources/${encodeURIComponent(id)}`);
  if (!answer.ok) {
    $("detail-name").textContent = "There is no such resource";
    return;
  }
  const { resource, environment } = await answer.json();
  $("detail-name").textContent = resource.id;
  if (!$("detail-actions").contains(document.activeElement)) {
    $("detail-actions").replaceChildren(...commandButtons(resource, message => { $("detail-message").textContent = message; }));
  }
  const facts = [
    ["Kind", resource.kind], ["Source", resource.source], ["State", badge(resource.state, stateTones[resource.state])], ["Health", healthCell(resource)],
    ["Running for", ago(resource.startedAt)], ["Restarts", resource.restarts], ["Last exit code", resource.exitCode ?? "none"], ["Process", resource.processId],
    ["CPU", cpu(resource.cpuCores)], ["Memory", memory(resource.memoryBytes)],
    ["Telemetry", resource.telemetryAt ? `last export ${ago(resource.telemetryAt)} ago` : null],
    ["Addresses", element("span", {}, ...resource.urls.flatMap((u, i) => [i ? ", " : "", u.url.startsWith("http") ? element("a", { href: u.url, target: "_blank", rel: "noreferrer" }, u.text ?? u.url) : element("code", {}, u.url)]))],
  ];
  $("detail-facts").replaceChildren(...facts.filter(([, value]) => value !== null && value !== undefined && value !== "")
    .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value instanceof Node ? value : String(value))]));
  $("detail-checks").replaceChildren(...(resource.checks.length ? resource.checks : [{ name: "none", status: null, description: "" }]).map(check => element("tr", {},
    element("td", {}, check.name), element("td", {}, check.status ? badge(check.status, tones[check.status]) : "–"), element("td", {}, check.description ?? ""))));
  const inherited = $("detail-inherited").checked;
  $("detail-environment").replaceChildren(...environment.filter(v => inherited || v.isFromSpec).map(v => element("tr", {}, element("td", {}, v.name), element("td", {}, v.value ?? ""))));
  $("detail-logs").href = `#/logs?resource=${encodeURIComponent(resource.id)}`;
}

// --- Console logs

// The level of a line: of .NET's console formatter, PostgreSQL, RabbitMQ and Redis. A line without one goes on with the line before.
const levels = [
  [/^(trce|dbug):/, 1], [/^info:/, 2], [/^warn:/, 3], [/^(fail|crit):/, 4], [/^Unhandled exception/, 4],
  [/\b(DEBUG\d?|STATEMENT|DETAIL|HINT):  /, 1], [/\b(LOG|INFO|NOTICE):  /, 2], [/\bWARNING:  /, 3], [/\b(ERROR|FATAL|PANIC):  /, 4],
  [/\[debug\]/, 1], [/\[(info|notice)\]/, 2], [/\[warning\]/, 3], [/\[(error|critical|alert|emergency)\]/, 4],
  [/^\d+:[A-Z] .* # /, 3], [/^\d+:[A-Z] .* [*-] /, 2], [/^\[linkshort\]/, 2],
];
const lastLevel = new Map();

function levelOf(entry) {
  const found = levels.find(([pattern]) => pattern.test(entry.text))?.[1];
  const level = found ?? (/^\s/.test(entry.text) ? lastLevel.get(entry.resource) ?? 2 : entry.isError ? 4 : 2);
  lastLevel.set(entry.resource, level);
  return level;
}

const MAX_ENTRIES = 5000;

function matches(entry) {
  const text = $("log-search").value.trim().toLowerCase();
  return entry.level >= Number($("log-level").value) && (!text || entry.text.toLowerCase().includes(text));
}

function logLine(entry, withName) {
  const line = element("div", { className: `l${entry.level}` }, element("time", {}, entry.at.slice(11, 23)));
  if (withName) line.append(element("span", { className: "from" }, entry.resource));
  const text = $("log-search").value.trim().toLowerCase();
  let rest = entry.text;
  for (let at = text ? rest.toLowerCase().indexOf(text) : -1; at >= 0; at = rest.toLowerCase().indexOf(text)) {
    line.append(rest.slice(0, at), element("mark", {}, rest.slice(at, at + text.length)));
    rest = rest.slice(at + text.length);
  }
  line.append(rest);
  return line;
}

function renderLogs() {
  const box = $("log-lines");
  const shown = state.entries.filter(matches);
  box.replaceChildren(...shown.map(entry => logLine(entry, !state.streamed)));
  $("log-count").textContent = `${shown.length} of ${state.entries.length} lines`;
  if ($("log-follow").checked) box.scrollTop = box.scrollHeight;
}

function follow(resource, box, onBatch) {
  state.stream?.close();
  state.entries = [];
  lastLevel.clear();
  state.streamed = resource;
  const stream = new EventSource(`/api/logs?tail=${box ? 200 : 2000}` + (resource ? `&resource=${encodeURIComponent(resource)}` : ""));
  stream.onopen = () => { state.entries = []; (box ?? $("log-lines")).replaceChildren(); };
  stream.onmessage = event => {
    const batch = JSON.parse(event.data).map(entry => ({ ...entry, level: levelOf(entry) }));
    state.entries.push(...batch);
    onBatch(batch);
  };
  state.stream = stream;
}

function openLogs(resource) {
  $("log-resource").value = resource ?? "";
  follow(resource, null, batch => {
    if (state.entries.length > MAX_ENTRIES) {
      state.entries.splice(0, state.entries.length - MAX_ENTRIES);
      renderLogs();
      return;
    }
    const box = $("log-lines");
    const shown = batch.filter(matches);
    box.append(...shown.map(entry => logLine(entry, !resource)));
    $("log-count").textContent = `${box.childElementCount} of ${state.entries.length} lines`;
    if ($("log-follow").checked) box.scrollTop = box.scrollHeight;
  });
}

// --- Mail

async function renderMail() {
  const mails = await (await ask("/api/mail")).json();
  $("mail-list").replaceChildren(...(mails.length ? mails.map(mail => {
    const button = element("button", { type: "button" }, mail.subject || "(no subject)", element("small", {}, `${mail.to} · ${ago(mail.at)} ago`));
    button.setAttribute("aria-pressed", String(state.mail === mail.name));
    button.addEventListener("click", () => openMail(mail.name));
    return element("li", {}, button);
  }) : [element("li", { className: "empty" }, "No mail yet. Signing up sends the first.")]));
}

async function openMail(name) {
  state.mail = name;
  const answer = await ask(`/api/mail/${encodeURIComponent(name)}`);
  if (!answer.ok) return;
  const mail = await answer.json();
  $("mail-view").hidden = false;
  $("mail-subject").textContent = mail.subject;
  $("mail-headers").replaceChildren(...[["From", mail.from], ["To", mail.to], ["Date", mail.date]].flatMap(([n, v]) => [element("dt", {}, n), element("dd", {}, v)]));
  $("mail-html").src = `/api/mail/${encodeURIComponent(name)}/html`;
  $("mail-text").textContent = mail.text ?? "(none)";
  await renderMail();
}

// --- Where we are

function route() {
  const [path, query] = location.hash.slice(1).split("?");
  const [section = "resources", id] = path.split("/").filter(Boolean);
  return { section: ["resources", "logs", "mail"].includes(section) ? section : "resources", id: id && decodeURIComponent(id), query: new URLSearchParams(query) };
}

function show() {
  const { section, id, query } = route();
  const visible = section === "resources" && id ? "detail" : section;
  for (const name of ["resources", "detail", "logs", "mail"]) $(name).hidden = name !== visible;
  for (const link of document.querySelectorAll("nav a")) {
    link.getAttribute("href") === `#/${section}` ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  state.stream?.close();
  if (visible === "logs") openLogs(query.get("resource"));
  if (visible === "detail") {
    $("detail-message").textContent = "";
    follow(id, $("detail-tail"), batch => {
      const box = $("detail-tail");
      box.append(...batch.map(entry => logLine(entry, false)));
      while (box.childElementCount > 300) box.firstChild.remove();
      box.scrollTop = box.scrollHeight;
    });
  }
  refresh();
}

async function refresh() {
  try {
    state.resources = await (await ask("/api/resources")).json();
    $("offline").hidden = true;
    renderSummary();
    const { section, id } = route();
    const select = $("log-resource");
    const ids = state.resources.map(r => r.id);
    if (select.options.length !== ids.length + 1) {
      const chosen = select.value;
      select.replaceChildren(element("option", { value: "" }, "all"), ...ids.map(name => element("option", { value: name }, name)));
      select.value = route().query.get("resource") ?? chosen;
    }
    if (section === "resources") await (id ? renderDetail(id) : renderResources());
    if (section === "mail") await renderMail();
  } catch {
    $("offline").hidden = false;
  }
}

$("resource-search").addEventListener("input", renderResources);
$("detail-inherited").addEventListener("change", refresh);
$("log-resource").addEventListener("change", event => {
  location.hash = event.target.value ? `#/logs?resource=${encodeURIComponent(event.target.value)}` : "#/logs";
});
$("log-level").addEventListener("change", renderLogs);
$("log-search").addEventListener("input", renderLogs);
$("log-clear").addEventListener("click", () => { state.entries = []; renderLogs(); });
addEventListener("hashchange", show);
show();
setInterval(refresh, 1000);
