// Makes what the browser loads (wwwroot/css, wwwroot/js) from Assets, the tokens, and the parts of third-party packages that are used.
// Run by the project's build after `npm ci`; needs no network.
import { access, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import postcss from 'postcss';
import { PurgeCSS } from 'purgecss';
import subsetFont from 'subset-font';

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const assets = join(web, 'Assets');
const output = join(web, 'wwwroot');
const common = { bundle: true, minify: true, legalComments: 'none', logLevel: 'warning', absWorkingDir: web };

const filesIn = async (folder, extension) =>
  (await readdir(join(assets, folder))).filter(name => name.endsWith(extension)).sort().map(name => join(assets, folder, name));

/** The tokens as custom properties. A pair follows the theme: the one that the user chose, otherwise the system's. */
const tokensAsCss = async () => {
  const file = JSON.parse(await readFile(join(web, '../Shared/Look/tokens.json'), 'utf8'));
  const tokens = Object.values(file).flatMap(group => Object.entries(group));
  const isColour = value => /^#[0-9a-f]+$/.test(value);
  const property = ([name, value]) => `--${name}:${
    Array.isArray(value) ? (isColour(value[0]) ? `light-dark(${value.join(',')})` : value[0]) : value};`;
  // light-dark() takes colours only.
  const dark = tokens.filter(([, value]) => Array.isArray(value) && !isColour(value[0])).map(([name, value]) => `--${name}:${value[1]};`).join('');
  return `:root{color-scheme:light dark;${tokens.map(property).join('')}}
:root[data-bs-theme="light"]{color-scheme:light}
@media(prefers-color-scheme:dark){:root:not([data-bs-theme="light"]){${dark}}}
:root[data-bs-theme="dark"]{color-scheme:dark;${dark}}`;
};

/**
 * Cuts the fonts down to the weights and characters that fonts.css declares: a third of what a first visit loads. They are kept below node_modules until
 * `npm ci` empties it, under names of what they contain.
 */
const cutFonts = async css => {
  const cut = join(web, 'node_modules/.fonts');
  await mkdir(cut, { recursive: true });
  const faces = [...css.matchAll(/@font-face \{[^}]*font-weight: (\d+) (\d+);[^}]*\.fonts\/(([a-z-]+?)-(?:latin|latin-ext|arabic)-wght-normal\.woff2)[^}]*unicode-range: ([^;]+);/g)];
  await Promise.all(faces.map(async ([, min, max, name, family, ranges]) => {
    const stamp = join(cut, `${name}.${min}-${max}.${Buffer.from(ranges).toString('base64url').slice(0, 80)}`);
    if (await access(stamp).then(() => true, () => false)) return;
    const characters = ranges.split(',').map(range => range.trim().slice(2).split('-').map(point => parseInt(point, 16)))
      .flatMap(([first, last = first]) => Array.from({ length: last - first + 1 }, (_, index) => String.fromCodePoint(first + index))).join('');
    const whole = await readFile(join(web, 'node_modules/@fontsource-variable', family, 'files', name));
    await writeFile(join(cut, name), await subsetFont(whole, characters, { targetFormat: 'woff2', variationAxes: { wght: { min: +min, max: +max } } }));
    await writeFile(stamp, '');
  }));
};

/** Declarations of Tabler's variables that nothing reads; it has more than a thousand. */
const withoutUnusedVariables = css => {
  const root = postcss.parse(css);
  for (let removed = true; removed;) {
    removed = false;
    const used = new Set([...root.toString().matchAll(/var\(\s*(--[\w-]+)/g)].map(match => match[1]));
    root.walkDecls(/^--tblr-/, declaration => {
      if (!used.has(declaration.prop)) {
        declaration.remove();
        removed = true;
      }
    });
  }
  root.walkRules(rule => { if (rule.nodes.length === 0) rule.remove(); });
  return root.toString();
};

const buildStyles = async () => {
  const tokens = await tokensAsCss();
  await cutFonts(await readFile(join(assets, 'css/fonts.css'), 'utf8'));
  // What all pages share comes first, so that a feature's rule of the same weight wins.
  const isShared = path => path.endsWith('/site.css');
  const own = (await filesIn('css', '.css')).sort((a, b) => isShared(b) - isShared(a)).map(path => `@import "${path}";`).join('\n');
  for (const [name, tabler] of [['app', 'tabler.min.css'], ['app.rtl', 'tabler.rtl.min.css']]) {
    const [purged] = await new PurgeCSS().purge({
      // Every word of a page or script could be a class. What is composed of parts must be listed here.
      content: [join(web, '**/*.razor'), join(web, '**/*.cs'), join(assets, 'js/**/*.js')].map(path => path.replaceAll('\\', '/')),
      skippedContentGlobs: ['**/node_modules/**', '**/obj/**', '**/bin/**'],
      css: [{ raw: await readFile(join(web, 'node_modules/@tabler/core/dist/css', tabler), 'utf8') }],
      keyframes: true,
      fontFace: true,
    });
    const bundle = await esbuild.build({
      ...common,
      stdin: { contents: own, loader: 'css', resolveDir: assets },
      loader: { '.woff2': 'file' },
      assetNames: '../fonts/[name]-[hash]',
      outfile: join(output, 'css', `${name}.css`),
      write: false,
    });
    for (const file of bundle.outputFiles) {
      await mkdir(dirname(file.path), { recursive: true });
      const { code } = file.path.endsWith('.css')
        ? await esbuild.transform(withoutUnusedVariables(`${purged.css}\n${tokens}\n${file.text}`), { loader: 'css', minify: true })
        : { code: file.contents };
      await writeFile(file.path, code);
    }
  }
};

const buildScripts = async () => {
  await esbuild.build({ ...common, entryPoints: await filesIn('js', '.js'), format: 'iife', target: 'es2022', outdir: join(output, 'js') });
  await writeFile(join(output, 'js/htmx.js'), await readFile(join(web, 'node_modules/htmx.org/dist/htmx.min.js')));
};

// Names with fingerprints of earlier contents would stay.
await Promise.all(['css', 'js', 'fonts', 'lib'].map(folder => rm(join(output, folder), { recursive: true, force: true })));
await mkdir(join(output, 'js'), { recursive: true });
await Promise.all([buildStyles(), buildScripts()]);
