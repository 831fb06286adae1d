// Passkeys (WebAuthn): fills the hidden field Credential of forms with the device's response. Without passkeys, pages show alternatives.
(() => {
  'use strict';
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;

  let waiting = null;

  const optionsOf = async form => {
    if (form.dataset.passkeyJson) return JSON.parse(form.dataset.passkeyJson);
    const answer = await fetch(form.dataset.passkeyOptions, { method: 'POST', body: new FormData(form), headers: { Accept: 'application/json' } });
    if (!answer.ok) throw new DOMException('', answer.status === 429 ? 'QuotaExceededError' : 'NetworkError');
    return answer.json();
  };

  const send = (form, credential) => {
    form.elements.Credential.value = JSON.stringify(credential.toJSON());
    // Not requestSubmit, which would call this handler again.
    HTMLFormElement.prototype.submit.call(form);
  };

  const reasons = {
    NotAllowedError: 'notUsed', InvalidStateError: 'exists', SecurityError: 'wrongAddress', QuotaExceededError: 'tooMany', NetworkError: 'noResponse',
  };

  const use = async form => {
    const button = form.querySelector('button:not([type=button])');
    const message = form.querySelector('[data-passkey-error]');
    message.hidden = true;
    button.disabled = true;
    waiting?.abort();
    try {
      const options = await optionsOf(form);
      send(form, form.hasAttribute('data-passkey-create')
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }));
    } catch (error) {
      message.textContent = JSON.parse(message.dataset.passkeyError)[reasons[error.name] ?? 'failed'];
      message.hidden = false;
      button.disabled = false;
      button.focus();
    }
  };

  document.addEventListener('submit', event => {
    if (!event.target.matches?.('[data-passkey-get],[data-passkey-create]')) return;
    event.preventDefault();
    use(event.target);
  });

  // Passkeys among the suggestions of the email field. Their challenge expires after five minutes, so it is renewed before that.
  const offer = async form => {
    try {
      if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
      const options = await optionsOf(form);
      const attempt = waiting = new AbortController();
      setTimeout(() => { if (waiting === attempt && !attempt.signal.aborted) { attempt.abort(); offer(form); } }, 240_000);
      send(form, await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), mediation: 'conditional', signal: attempt.signal,
      }));
    } catch {
      // Aborted or unavailable: the button and the password remain.
    }
  };
  const suggesting = document.querySelector('[data-passkey-autofill]');
  if (suggesting) offer(suggesting);
})();
