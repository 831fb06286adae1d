// The list of links: selecting, menus, columns. Everything works without it, with buttons that apply.
(() => {
  'use strict';
  const list = () => document.getElementById('link-list');
  const boxes = () => [...document.querySelectorAll('.row-check')];

  // --- Selection ------------------------------------------------------------
  const selected = new Set();
  let lastBox = null;
  const showSelection = () => {
    const all = boxes(), chosen = all.filter(box => box.checked);
    const count = document.querySelector('[data-selected]');
    if (count) count.textContent = chosen.length ? count.dataset.selected.replace('{n}', chosen.length) : '';
    const head = document.querySelector('[data-select-all]');
    if (head) {
      head.checked = all.length > 0 && chosen.length === all.length;
      head.indeterminate = chosen.length > 0 && !head.checked;
    }
  };
  const select = (box, on) => {
    box.checked = on;
    if (on) selected.add(box.value); else selected.delete(box.value);
  };
  document.addEventListener('change', event => {
    const target = event.target;
    if (target.matches?.('[data-select-all]')) {
      boxes().forEach(box => select(box, target.checked));
      showSelection();
    } else if (target.matches?.('.row-check')) {
      select(target, target.checked);
      showSelection();
    }
  });
  document.addEventListener('click', event => {
    const box = event.target.closest?.('.row-check');
    if (box) {
      // With Shift, all rows between.
      if (event.shiftKey && lastBox?.isConnected) {
        const all = boxes(), [from, to] = [all.indexOf(lastBox), all.indexOf(box)].sort((a, b) => a - b);
        all.slice(from, to + 1).forEach(each => select(each, box.checked));
        showSelection();
      }
      lastBox = box;
    } else if (event.target.closest?.('[data-deselect]')) {
      boxes().forEach(each => select(each, false));
      selected.clear();
      showSelection();
      document.querySelector('[data-select-all]')?.focus();
    }
  });

  // --- More rows ------------------------------------------------------------
  let shownBefore = null;
  document.addEventListener('click', event => {
    if (event.target.closest?.('[data-more]')) shownBefore = new Set([...document.querySelectorAll('[data-link]')].map(row => row.dataset.link));
  });
  document.addEventListener('htmx:after:swap', () => {
    boxes().forEach(box => { box.checked = selected.has(box.value); });
    // What is no longer listed is no longer meant.
    const listed = new Set(boxes().map(box => box.value));
    [...selected].filter(id => !listed.has(id)).forEach(id => selected.delete(id));
    showSelection();
    if (!shownBefore) return;
    // Focus goes to the first of the rows that were added.
    const row = [...document.querySelectorAll('[data-link]')].find(each => !shownBefore.has(each.dataset.link));
    shownBefore = null;
    row?.querySelector('.row-link')?.focus();
  });

  // --- Menus ----------------------------------------------------------------
  const openMenus = () => document.querySelectorAll('.row-menu[open], .tool-menu[open]');
  document.addEventListener('click', event => {
    for (const menu of openMenus()) {
      const inside = menu.contains(event.target);
      // A menu closes after its choice; a form of filters stays.
      if (!inside || (menu.matches('.row-menu') && event.target.closest('.row-menu-body a, .row-menu-body button'))) menu.open = false;
    }
  });
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  document.addEventListener('focusout', event => {
    const menu = event.target.closest?.('.row-menu[open]');
    if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });

  // --- View -----------------------------------------------------------------
  document.addEventListener('change', event => {
    const form = event.target.closest?.('[data-view]');
    if (!form) return;
    const isCompact = new FormData(form).get('Density') === 'compact';
    const hidden = [...form.querySelectorAll('[name=Columns]')].filter(box => !box.checked).map(box => box.value);
    const classes = list().classList;
    [...classes].filter(name => name === 'is-compact' || name.startsWith('hides-')).forEach(name => classes.remove(name));
    classes.toggle('is-compact', isCompact);
    hidden.forEach(column => classes.add(`hides-${column}`));
    // The name that HostCookie uses on the server.
    const [prefix, secure] = location.protocol === 'https:' ? ['__Host-', '; secure'] : ['', ''];
    document.cookie = `${prefix}links-view=${[isCompact ? 'compact' : 'comfortable', ...hidden].join('.')}; path=/; max-age=31536000; samesite=lax${secure}`;
  });

  showSelection();
})();
