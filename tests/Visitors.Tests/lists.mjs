// Prints, as one JSON object, the lists that the tests measure on, with what other readers make of them:
// { crawlers: [{ userAgent, tags }], browsers: [{ userAgent, count, name, os, device, isBot }], fixtures: { browser|os|device: [{ userAgent, expected }] } }
import { createRequire } from 'node:module';
import { isbot } from 'isbot';

const require = createRequire(import.meta.url);
const UAParser = require('ua-parser-js');

const crawlers = require('./node_modules/crawler-user-agents/crawler-user-agents.json')
    .flatMap(({ instances, tags }) => (instances ?? []).map(userAgent => ({ userAgent, tags: tags ?? [], isBot: isbot(userAgent) })));

const counts = new Map();
for (const { userAgent } of require('./node_modules/user-agents/dist/user-agents.json')) {
    counts.set(userAgent, (counts.get(userAgent) ?? 0) + 1);
}

for (const userAgent of require('./node_modules/top-user-agents/src/index.json')) {
    counts.set(userAgent, counts.get(userAgent) ?? 1);
}

const browsers = [...counts].map(([userAgent, count]) => {
    const { browser, os, device } = UAParser(userAgent);
    return { userAgent, count, name: browser.name ?? null, os: os.name ?? null, device: device.type ?? null, isBot: isbot(userAgent) };
});

const fixture = (file, field) => require(`./node_modules/ua-parser-js-fixtures/test/${file}.json`)
    .map(({ ua, expect }) => ({ userAgent: ua, expected: expect[field] === 'undefined' ? null : expect[field] }));
const fixtures = { browser: fixture('browser-test', 'name'), os: fixture('os-test', 'name'), device: fixture('device-test', 'type') };

console.log(JSON.stringify({ crawlers, browsers, fixtures }));
