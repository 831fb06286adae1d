// Prints the value of Stripe-Signature for the body on standard input, as Stripe's own library makes it: node sign.mjs <secret> <seconds since 1970>
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const Stripe = createRequire(import.meta.url)('stripe');
const [secret, timestamp] = process.argv.slice(2);
process.stdout.write(new Stripe('sk_test_fake').webhooks.generateTestHeaderString({ payload: await text(process.stdin), secret, timestamp: Number(timestamp) }));
