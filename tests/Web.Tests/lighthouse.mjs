// lighthouse.mjs CHROMIUM CATEGORIES URL [COOKIES]: prints {"category": score of 100, ..., "failed": [audits that cost points]}. CATEGORIES with commas.
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';

const [chromePath, categories, url, cookies] = process.argv.slice(2);
const chrome = await launch({ chromePath, chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking'], logLevel: 'silent' });
try {
  const { lhr } = await lighthouse(url, {
    port: chrome.port,
    logLevel: 'silent',
    onlyCategories: categories.split(','),
    extraHeaders: cookies ? { Cookie: cookies } : undefined,
    disableStorageReset: true,
  });
  const result = Object.fromEntries(Object.values(lhr.categories).map(category => [category.id, Math.round(category.score * 100)]));
  result.failed = Object.values(lhr.categories).flatMap(category => category.auditRefs)
    .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
    .map(({ id }) => `${id}: ${lhr.audits[id].displayValue ?? lhr.audits[id].title}`);
  const timing = lhr.audits['server-response-time'];
  if (timing?.numericValue !== undefined) result.firstByte = Math.round(timing.numericValue);
  result.shown = { fcp: lhr.audits['first-contentful-paint']?.numericValue, lcp: lhr.audits['largest-contentful-paint']?.numericValue, tbt: lhr.audits['total-blocking-time']?.numericValue };
  process.stdout.write(JSON.stringify(result));
} finally {
  await chrome.kill();
}
