// The command menu and the keys of the signed-in app. Whatever they do can be done without them, too.
(() => {
  'use strict';
  const menu = () => document.getElementById('command-menu');
  const input = () => document.getElementById('command-input');
  const options = () => [...menu().querySelectorAll('[role=option]')].filter(option => !option.hidden);

  // --- Choosing ------------------------------------------------------------
  const choose = option => {
    menu().querySelectorAll('[aria-selected=true]').forEach(other => other.setAttribute('aria-selected', 'false'));
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({ block: 'nearest' });
    if (option) input().setAttribute('aria-activedescendant', option.id);
    else input().removeAttribute('aria-activedescendant');
  };
  const chosen = () => menu().querySelector('[aria-selected=true]:not([hidden])');

  const openPage = path => htmx.ajax('GET', path, { target: '#dialog-body', select: '.panel', swap: 'innerHTML' });
  const effects = {
    go: target => location.assign(target),
    open: openPage,
    submit: target => document.querySelector(`form[action="${CSS.escape(target)}"]`)?.requestSubmit(),
    speak: target => {
      const form = document.getElementById('language-form');
      form.elements.Locale.value = target;
      form.requestSubmit();
    },
    theme: () => document.querySelector('[data-theme-toggle]').click(),
  };
  const run = option => {
    menu().close();
    effects[option.dataset.effect](option.dataset.target);
  };

  // --- Filtering -----------------------------------------------------------
  const plain = text => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
  const filter = () => {
    const words = plain(input().value).split(/\s+/).filter(Boolean);
    for (const group of menu().querySelectorAll('[role=group]')) {
      const heading = group.querySelector('.command-group').textContent;
      for (const option of group.querySelectorAll('[role=option]')) {
        const text = plain(`${heading} ${option.querySelector('.command-text').textContent}`);
        // The server found links by more than their text here.
        option.hidden = !('found' in option.dataset) && !words.every(word => text.includes(word));
      }
      group.hidden = !group.querySelector('[role=option]:not([hidden])');
    }
    if (!chosen()) choose(options()[0]);
  };
  const say = text => { menu().querySelector('.command-none').textContent = text; };

  let request = null, wait = null;
  const forgetLinks = () => {
    request?.abort();
    clearTimeout(wait);
    document.getElementById('command-links-found').replaceChildren();
  };
  const findLinks = async () => {
    request = new AbortController();
    const { signal } = request;
    let problem = '';
    try {
      const response = await fetch(`${menu().dataset.links}?search=${encodeURIComponent(input().value.trim())}`, { signal });
      // Signed out meanwhile.
      if (response.redirected) return location.reload();
      if (!response.ok) throw new Error(response.status);
      const found = new DOMParser().parseFromString(await response.text(), 'text/html').querySelectorAll('[data-found]');
      document.getElementById('command-links-found').replaceChildren(...found);
    } catch {
      if (signal.aborted) return;
      problem = menu().querySelector('.command-none').dataset.away;
    }
    filter();
    say(problem || (options().length === 0 ? menu().querySelector('.command-none').dataset.none : ''));
  };

  // --- The menu ------------------------------------------------------------
  const openMenu = () => {
    if (!menu() || document.querySelector('dialog[open]')) return;
    document.querySelectorAll('[popover]:popover-open').forEach(popover => popover.hidePopover());
    forgetLinks();
    input().value = '';
    say('');
    choose(null);
    filter();
    menu().showModal();
    input().focus();
  };
  document.addEventListener('input', event => {
    if (event.target !== input()) return;
    forgetLinks();
    say('');
    choose(null);
    filter();
    if (event.target.value.trim()) wait = setTimeout(findLinks, 200);
  });
  document.addEventListener('click', event => {
    if (event.target.closest?.('[data-command]')) openMenu();
    const option = event.target.closest?.('#command-menu [role=option]');
    if (option) run(option);
  });
  document.addEventListener('mousemove', event => {
    const option = event.target.closest?.('#command-menu [role=option][aria-selected=false]');
    if (option) choose(option);
  });

  // --- Keys ----------------------------------------------------------------
  // The character, or with a layout for another script the Latin one at the same place of the keyboard.
  const keyOf = event => {
    if (/^[\x20-\x7e]$/.test(event.key)) return event.key.toLowerCase();
    if (event.key.length > 1) return event.key;
    return { KeyC: 'c', KeyK: 'k', Slash: event.shiftKey ? '?' : '/' }[event.code] ?? event.key;
  };
  const isTyping = target => !!target.closest?.('input,textarea,select,[contenteditable]:not([contenteditable=false])');

  const inMenu = event => {
    const all = options(), at = all.indexOf(chosen());
    if (event.key === 'ArrowDown') choose(all[(at + 1) % all.length]);
    else if (event.key === 'ArrowUp') choose(all[(at - 1 + all.length) % all.length]);
    else if (event.key === 'Enter' && chosen()) run(chosen());
    else return;
    event.preventDefault();
  };
  const single = {
    '/': () => {
      const field = [...document.querySelectorAll('main input[type=search]')].find(each => each.getClientRects().length > 0);
      if (!field) return openMenu();
      field.focus();
      field.select();
    },
    // Only offered to those who may create links.
    c: () => { if (menu()?.querySelector('[data-target="/app/links/new"]')) openPage('/app/links/new'); },
    '?': () => openPage('/app/shortcuts'),
  };
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.isComposing || event.repeat && event.target !== input()) return;
    const key = keyOf(event);
    if (key === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      if (menu()?.open) menu().close();
      else openMenu();
    } else if (event.target === input()) {
      inMenu(event);
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && document.body.dataset.singleKeys === 'on' && Object.hasOwn(single, key)
      && !isTyping(event.target) && !document.querySelector('dialog[open]')) {
      event.preventDefault();
      single[key]();
    }
  });

  // --- What the page shows -------------------------------------------------
  const prepare = () => {
    if (/Mac|iPhone|iPad/.test(navigator.platform)) {
      document.querySelectorAll('[data-modifier]').forEach(key => { key.textContent = `⌘ ${key.dataset.modifier}`; });
    }
    document.querySelectorAll('.tabs [aria-current]').forEach(tab => tab.scrollIntoView({ block: 'nearest', inline: 'center' }));
  };
  document.addEventListener('htmx:after:swap', prepare);
  prepare();
})();
