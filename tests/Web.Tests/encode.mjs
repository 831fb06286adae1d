// encode.mjs FROM TO: every PNG of FROM as AVIF and WebP in two widths, and as PNG with a palette for browsers that know neither.
import { mkdir, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import sharp from 'sharp';

const [from, to] = process.argv.slice(2);
await mkdir(to, { recursive: true });
for (const file of await readdir(from)) {
  const name = basename(file, '.png');
  for (const width of [640, 1280]) {
    const image = sharp(join(from, file)).resize({ width });
    await image.clone().avif({ quality: 60, effort: 7 }).toFile(join(to, `${name}-${width}.avif`));
    await image.clone().webp({ quality: 84, effort: 6 }).toFile(join(to, `${name}-${width}.webp`));
  }
  await sharp(join(from, file)).resize({ width: 1280 }).png({ palette: true, colours: 64, effort: 10 }).toFile(join(to, `${name}-1280.png`));
}
