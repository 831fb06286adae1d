// Tells at once what is obviously no URL, with the rules of Home/PastedUrl.cs; the server checks again.
(() => {
  'use strict';
  const rules = url => {
    let text = url.trim();
    if (!text) return null;
    const colon = text.indexOf(':');
    const hasScheme = text.includes('://') || (colon > 0 && !/[./]/.test(text.slice(0, colon)));
    if (!hasScheme) text = `https://${text}`;
    if (text.length > 2048) return 'TooLong';
    if (!/^https?:\/\//i.test(text)) return 'Scheme';
    try {
      const { hostname } = new URL(text);
      return /\s/.test(text) || !(hostname.startsWith('[') || /[^.]\.[^.]/.test(hostname)) ? 'Incomplete' : null;
    } catch {
      return 'Incomplete';
    }
  };

  // What is half typed is wrong only once the reader pauses, leaves the field or sends the form; what was mended is right at once.
  let pause = 0;
  const show = input => {
    clearTimeout(pause);
    const fault = rules(input.value);
    const line = document.getElementById('shorten-fault');
    line.querySelector('span').textContent = fault ? input.dataset[`url${fault}`] : '';
    line.hidden = !fault;
    if (fault) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
    return !fault;
  };
  const of = event => event.target.closest?.('#shorten-url');
  document.addEventListener('input', event => {
    const input = of(event);
    if (!input) return;
    document.getElementById('shorten-error')?.remove();
    clearTimeout(pause);
    if (!rules(input.value)) show(input);
    else pause = setTimeout(() => show(input), 600);
  });
  document.addEventListener('focusout', event => { if (of(event)) show(of(event)); });
  // Before htmx, which listens on the form.
  document.addEventListener('submit', event => {
    const input = event.target.querySelector?.('#shorten-url');
    if (!input || show(input)) return;
    event.preventDefault();
    event.stopPropagation();
    input.focus();
  }, true);
})();
