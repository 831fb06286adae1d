// Prints what two scanners, jsQR and ZBar, read from the image on standard input, as JSON; empty for nothing. The image is a PNG, or an SVG of our own
// (runs of modules as "Mx yhwv1h-wz").
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';

const require = createRequire(import.meta.url);
const jsQR = require('jsqr');
const { PNG } = require('pngjs');

const image = await buffer(process.stdin);
const { data, width, height } = image[0] === 0x89 ? PNG.sync.read(image) : drawn(image.toString('utf8'));
const flat = onWhite(data);
process.stdout.write(JSON.stringify({ jsqr: jsQR(flat, width, height)?.data ?? '', zbar: byZbar(flat, width, height) }));

function byZbar(pixels, width, height) {
    const png = new PNG({ width, height });
    png.data = Buffer.from(pixels);
    const { stdout, stderr, status, error } = spawnSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', 'PNG:-'], { input: PNG.sync.write(png), encoding: 'utf8' });
    // 4: it found none.
    if (error || (status !== 0 && status !== 4)) throw error ?? new Error(stderr);
    return stdout.trimEnd();
}

function drawn(svg) {
    const scale = 4;
    const side = Number(/viewBox="0 0 (\d+) /.exec(svg)[1]) * scale;
    const data = new Uint8ClampedArray(side * side * 4).fill(255);
    for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-/g)) {
        for (let row = y * scale; row < (Number(y) + 1) * scale; row++) {
            data.fill(0, (row * side + x * scale) * 4, (row * side + (Number(x) + Number(length)) * scale) * 4);
            for (let pixel = x * scale; pixel < (Number(x) + Number(length)) * scale; pixel++) data[(row * side + pixel) * 4 + 3] = 255;
        }
    }

    // The logo, as a grey square on its plate.
    for (const [, fill, x, y, length] of svg.matchAll(/<path fill="#([0-9a-f]{6})" d="M(\d+) (\d+)h(\d+)v\d+h-\d+z"\/><image/g)) {
        for (let row = y * scale; row < (Number(y) + Number(length)) * scale; row++) {
            for (let pixel = x * scale; pixel < (Number(x) + Number(length)) * scale; pixel++) {
                const inside = row > (Number(y) + 0.5) * scale && row < (Number(y) + Number(length) - 0.5) * scale;
                data.set(inside ? [128, 128, 128, 255] : [...Buffer.from(fill, 'hex'), 255], (row * side + pixel) * 4);
            }
        }
    }

    return { data, width: side, height: side };
}

function onWhite(data) {
    const flat = new Uint8ClampedArray(data);
    for (let at = 0; at < flat.length; at += 4) {
        if (flat[at + 3] === 0) flat.fill(255, at, at + 4);
    }

    return flat;
}
