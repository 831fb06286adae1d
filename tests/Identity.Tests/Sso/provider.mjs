// oidc-provider as somebody's directory: whoever signs in is who they say, and what they say about themselves is told to the client.
// A login is an address with what else to claim: "ada@example.com?groups=staff,admins&verified=false&sub=17".
// Ends when its parent does: the pipe to it closes then.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const { clients } = JSON.parse(process.argv[2]);
const jwk = (pair, use) => ({ ...pair.privateKey.export({ format: 'jwk' }), ...use });
const jwks = {
  keys: [
    jwk(generateKeyPairSync('rsa', { modulusLength: 2048 }), { use: 'sig', kid: 'rsa' }),
    jwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }), { use: 'sig', kid: 'ec', alg: 'ES256' }),
  ],
};

function account(login) {
  const [email, query] = login.split('?');
  const said = new URLSearchParams(query ?? '');
  return {
    accountId: login,
    claims: () => ({
      sub: said.get('sub') ?? email,
      email,
      email_verified: said.get('verified') !== 'false',
      name: said.get('name') ?? undefined,
      locale: said.get('locale') ?? undefined,
      groups: said.get('groups')?.split(',') ?? undefined,
    }),
  };
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    jwks,
    cookies: { keys: ['cookies of the tests'] },
    claims: { openid: ['sub', 'groups'], email: ['email', 'email_verified'], profile: ['name', 'locale'] },
    findAccount: (_, id) => account(id),
    pkce: { required: () => true },
    features: { devInteractions: { enabled: true } },
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256'] },
    ttl: { AuthorizationCode: 60, AccessToken: 60, IdToken: 60, Grant: 60, Interaction: 60, Session: 60 },
  });
  server.on('request', provider.callback());
  console.log(`listening ${issuer}`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
