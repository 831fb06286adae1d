// The link builder: tabs, chips, availability, titles, drafts, variants, rules, previews. Every part of it works without script, only less comfortably.
(() => {
  'use strict';

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
      else if (key === 'text') made.textContent = value;
      else if (value === true) made.setAttribute(key, '');
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.filter(child => child !== null && child !== undefined));
    return made;
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const later = (run, wait) => {
    let timer;
    return (...values) => {
      clearTimeout(timer);
      timer = setTimeout(() => run(...values), wait);
    };
  };
  // As WebAddress on the server.
  const complete = typed => {
    const text = typed.trim();
    return text === '' || /^[a-z][a-z0-9+.-]*:(?![0-9])/i.test(text) ? text : 'https://' + text.replace(/^\/+/, '');
  };
  const changed = field => field.dispatchEvent(new Event('input', { bubbles: true }));
  let numbers = 0;
  const newId = () => `builder-${++numbers}`;

  // --- Tabs ----------------------------------------------------------------
  const makeTabs = form => {
    const groups = form.querySelector('[data-tabs]');
    const panels = [...groups.querySelectorAll(':scope > details')];
    const list = element('div', { class: 'builder-tabs', role: 'tablist', 'aria-label': groups.dataset.tabs });
    const wanted = Math.max(0, panels.findIndex(panel => panel.querySelector('.is-invalid, .field-error')));
    const tabs = panels.map((panel, index) => {
      const summary = panel.querySelector('summary');
      const content = panel.querySelector('.stack');
      content.id ||= newId();
      const tab = element('button', { type: 'button', role: 'tab', id: newId(), 'aria-controls': content.id, text: summary.textContent });
      if (panel.querySelector('.is-invalid, .field-error')) tab.classList.add('has-error');
      content.setAttribute('role', 'tabpanel');
      content.setAttribute('aria-labelledby', tab.id);
      // Filled in or not, as the groups are open without script.
      if (panel.open) tab.classList.add('has-value');
      panel.open = true;
      tab.addEventListener('click', () => choose(index));
      return tab;
    });
    const choose = (index, focus = false, scroll = true) => {
      tabs.forEach((tab, at) => {
        tab.setAttribute('aria-selected', at === index);
        tab.tabIndex = at === index ? 0 : -1;
        panels[at].hidden = at !== index;
      });
      if (focus) tabs[index].focus();
      if (scroll) tabs[index].scrollIntoView({ block: 'nearest', inline: 'nearest' });
      else list.scrollLeft += tabs[index].getBoundingClientRect().left - list.getBoundingClientRect().left;
      form.dataset.tab = index;
    };
    list.addEventListener('keydown', event => {
      const at = tabs.indexOf(document.activeElement);
      const forward = document.documentElement.dir === 'rtl' ? 'ArrowLeft' : 'ArrowRight', back = forward === 'ArrowLeft' ? 'ArrowRight' : 'ArrowLeft';
      const to = { [forward]: at + 1, [back]: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose((to + tabs.length) % tabs.length, true);
    });
    groups.classList.add('is-tabbed');
    list.append(...tabs);
    groups.prepend(list);
    choose(wanted, false, false);
    // A tab with values is marked, whether it is shown or not.
    form.addEventListener('input', event => {
      const at = panels.findIndex(panel => panel.contains(event.target));
      if (at >= 0 && !event.target.closest('.tester')) tabs[at].classList.toggle('has-value', [...panels[at].querySelectorAll('input:not([type=hidden]):not([type=checkbox]), textarea')].some(field => field.name && !field.name.startsWith('visitor.') && field.value.trim()));
    });
    return { show: field => { const at = panels.findIndex(panel => panel.contains(field)); if (at >= 0) choose(at); } };
  };

  // --- Chips ---------------------------------------------------------------
  // A list of values as chips, with a field to add one: Enter or a comma adds, Backspace in the empty field removes the last.
  const chips = ({ values, label, add, remove, suggestions = [], read = text => text, show = value => value, onchange, id = newId(), describedBy, invalid, dir = 'auto' }) => {
    const list = element('ul', { class: 'chips' });
    const known = suggestions.length ? element('datalist', { id: newId() }, ...suggestions.map(each => element('option', { value: each.value, ...(each.text ? { text: each.text } : {}) }))) : null;
    const field = element('input', { class: 'chips-field', id, type: 'text', autocomplete: 'off', 'aria-label': label, placeholder: add, list: known?.id, 'aria-describedby': describedBy, 'aria-invalid': invalid ? 'true' : null, dir });
    const draw = () => list.replaceChildren(...values.map((value, at) => element('li', { class: 'chip' },
      element('bdi', { text: show(value) }),
      element('button', { type: 'button', 'aria-label': fill(remove, { value: show(value) }), text: '×', onclick: () => { values.splice(at, 1); draw(); onchange(); field.focus(); } }))));
    const take = () => {
      for (const text of field.value.split(/[,،]/)) {
        const value = read(text.trim());
        if (value && !values.some(each => each.toLowerCase() === value.toLowerCase())) values.push(value);
      }
      field.value = '';
      draw();
      onchange();
    };
    field.addEventListener('keydown', event => {
      if (event.key === 'Enter') {
        event.preventDefault();
        if (field.value.trim()) take();
      } else if (event.key === 'Backspace' && !field.value && values.length) {
        values.pop();
        draw();
        onchange();
      }
    });
    field.addEventListener('input', event => {
      event.stopPropagation();
      // A suggestion that was chosen, or a comma.
      if (/[,،]/.test(field.value) || suggestions.some(each => each.value === field.value && event.inputType !== 'insertText' && event.inputType !== 'deleteContentBackward')) take();
    });
    field.addEventListener('change', event => { event.stopPropagation(); if (field.value.trim()) take(); });
    draw();
    return element('div', { class: 'chips-box' }, list, field, known);
  };

  const makeTags = (form, texts) => {
    const box = form.querySelector('[data-tags]');
    const field = box.querySelector('input[name=tags]');
    const label = box.querySelector('label');
    const values = [];
    const id = newId();
    const read = () => {
      values.splice(0, values.length, ...field.value.split(/[,،]/).map(tag => tag.trim()).filter(Boolean));
      box.querySelector('.chips-box')?.remove();
      field.after(chips({
        values, id, label: label.firstChild.textContent.trim(), add: texts.addTag, remove: texts.removeTag, describedBy: 'field-tags-hint',
        suggestions: [...(document.getElementById('known-tags')?.options ?? [])].map(option => ({ value: option.value })),
        onchange: () => { field.value = values.join(', '); changed(field); },
      }));
    };
    field.hidden = true;
    label.htmlFor = id;
    read();
    return read;
  };

  // --- Destination: scheme, errors and title ---------------------------------
  const message = (field, text) => {
    const box = field.closest('.field');
    const id = `${field.id}-error`;
    let line = document.getElementById(id);
    if (!text) {
      line?.remove();
      field.classList.remove('is-invalid');
      field.removeAttribute('aria-invalid');
      return;
    }
    if (!line) {
      line = element('p', { class: 'field-error', id, role: 'alert' });
      (field.closest('.prefixed') ?? field).after(line);
    }
    line.textContent = text;
    field.classList.add('is-invalid');
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', [id, box.querySelector('.form-hint')?.id].filter(Boolean).join(' '));
  };
  const ask = async (path, parameters) => {
    try {
      const response = await fetch(`${path}?${new URLSearchParams(parameters)}`, { headers: { Accept: 'application/json' } });
      return response.ok ? await response.json() : null;
    } catch {
      // Offline: whatever is wrong is reported when the link is saved.
      return null;
    }
  };
  const makeDestination = form => {
    const url = form.elements.url, title = form.elements.title;
    let asked = url.value.trim(), found = null;
    const check = async () => {
      const typed = url.value = complete(url.value);
      if (!typed || typed === asked) return;
      asked = typed;
      const answer = await ask('/app/links/title', { url: typed });
      if (!answer || url.value !== typed) return;
      message(url, answer.problem);
      // A title that somebody wrote is never replaced.
      if (answer.found && (title.value === '' || title.value === found)) {
        title.value = found = answer.found;
        changed(title);
      }
    };
    url.addEventListener('change', check);
    url.addEventListener('paste', () => setTimeout(check));
    url.addEventListener('input', () => message(url, null));
    // Filled in by a deep link.
    if (asked && !form.dataset.link && title.value === '') {
      asked = '';
      check();
    }
    for (const field of form.querySelectorAll('input[name=expiredUrl], input[name="preview.image"]')) {
      field.addEventListener('change', () => { field.value = complete(field.value); });
    }
  };

  // --- Code ------------------------------------------------------------------
  const makeCode = (form, texts) => {
    const box = form.querySelector('[data-code-field]');
    const code = form.elements.code, status = box.querySelector('[data-code-status]'), offered = box.querySelector('[data-code-suggestions]');
    const before = code.defaultValue;
    const check = later(async () => {
      const typed = code.value.trim();
      if (!typed || (form.dataset.link && typed === before)) return;
      const answer = await ask('/app/links/availability', { code: typed, ...(form.dataset.link ? { linkId: form.dataset.link } : {}) });
      if (code.value.trim() !== typed) return;
      if (!answer?.status) {
        // Unknown: the answer comes when the link is saved.
        status.textContent = '';
        return;
      }
      status.textContent = answer.message;
      status.dataset.status = answer.status;
      offered.replaceChildren(...answer.suggestions.map(each => element('button', {
        type: 'button', class: 'btn btn-sm', text: each, dir: 'ltr',
        onclick: () => { code.value = each; code.focus(); changed(code); },
      })));
    }, 350);
    code.addEventListener('input', () => {
      status.textContent = code.value.trim() ? texts.checking : '';
      delete status.dataset.status;
      if (form.dataset.link && code.value.trim() === before) status.textContent = '';
      offered.replaceChildren();
      message(code, null);
      check();
    });
  };

  // --- Parts that the server renders anew --------------------------------------
  // Without the part there was no answer, or one of another page. The form isn't submitted instead: that could save the link.
  const sayNoResponse = button => {
    const line = element('p', { class: 'field-error', role: 'alert', 'data-no-response': true, text: JSON.parse(document.body.dataset.texts).noResponse });
    button.after(line);
  };
  const makeParts = form => form.addEventListener('click', async event => {
    const button = event.target.closest('button[data-part], button[data-template]');
    if (!button || button.disabled) return;
    event.preventDefault();
    if (button.dataset.template) {
      for (const [name, value] of Object.entries(JSON.parse(button.dataset.template))) form.elements[`utm.${name}`].value = value;
      changed(form.elements['utm.source']);
      form.elements['utm.source'].focus();
      return;
    }
    // Before it is disabled, or it would be left out.
    const body = new URLSearchParams(new FormData(form, button));
    button.disabled = true;
    form.querySelectorAll('[data-no-response]').forEach(line => line.remove());
    try {
      const response = await fetch(button.formAction, { method: 'POST', body });
      const page = new DOMParser().parseFromString(await response.text(), 'text/html');
      const part = page.querySelector(button.dataset.part), shown = form.querySelector(button.dataset.part);
      if (!part) return sayNoResponse(button);
      const focused = shown.contains(button);
      // Only what is inside: a screen reader announces changes of an element that it knows.
      shown.replaceChildren(...document.importNode(part, true).childNodes);
      if (focused) form.querySelector(`${button.dataset.part} input`)?.focus();
    } catch {
      sayNoResponse(button);
    } finally {
      button.disabled = false;
    }
  });

  // --- Variants ----------------------------------------------------------------
  const makeVariants = (form, texts) => {
    const editor = form.querySelector('[data-variants]');
    const rows = editor.querySelector('[data-variant-rows]'), total = editor.querySelector('[data-variant-total]'), add = editor.querySelector('[data-variant-add]');
    const template = rows.querySelector('.variant-row').cloneNode(true);
    for (const field of template.querySelectorAll('input')) {
      field.setAttribute('value', '');
      field.classList.remove('is-invalid');
      field.removeAttribute('aria-invalid');
    }
    template.querySelectorAll('.field-error').forEach(error => error.remove());
    const all = () => [...rows.children];
    const weightOf = row => row.querySelector('[name$=".weight"]');
    const number = () => all().forEach((row, at) => {
      for (const each of row.querySelectorAll('[name], [id], [for], [aria-describedby]')) {
        for (const attribute of ['name', 'id', 'for', 'aria-describedby']) {
          if (each.hasAttribute(attribute)) each.setAttribute(attribute, each.getAttribute(attribute).replace(/variants\[\d+\]/g, `variants[${at}]`));
        }
      }
      row.querySelector('[name$=".name"]').placeholder = String.fromCharCode(65 + at);
    });
    const sum = () => {
      const count = all().length;
      const reached = all().reduce((sofar, row) => sofar + (Number.parseInt(weightOf(row).value, 10) || 0), 0);
      total.textContent = count === 0 ? '' : fill(reached === 100 ? texts.weightsTotal : texts.weightsOff, { total: reached });
      total.dataset.status = reached === 100 || count === 0 ? 'available' : 'invalid';
      add.disabled = count >= 10;
    };
    const even = () => {
      const count = all().length;
      all().forEach((row, at) => { weightOf(row).value = Math.floor(100 / count) + (at < 100 % count ? 1 : 0); });
      sum();
      changed(weightOf(rows.firstElementChild));
    };
    const addRow = () => {
      rows.append(template.cloneNode(true));
      number();
    };
    editor.addEventListener('click', event => {
      const button = event.target.closest('button');
      if (!button) return;
      if (button.matches('[data-variant-add]')) {
        // The first one means a test of two.
        if (all().length === 0) addRow();
        addRow();
        even();
        rows.lastElementChild.querySelector('input').focus();
      } else if (button.matches('[data-variant-even]')) {
        if (all().length) even();
      } else if (button.matches('[data-variant-remove]')) {
        button.closest('.variant-row').remove();
        number();
        if (all().length) even();
        sum();
        add.focus();
        changed(editor.querySelector('input[name=variantsShown]'));
      }
    });
    editor.addEventListener('input', sum);
    editor.addEventListener('change', event => { if (event.target.name?.endsWith('.url')) event.target.value = complete(event.target.value); });
    rows.querySelectorAll('[data-blank]').forEach(row => row.remove());
    number();
    sum();
    return {
      // For drafts.
      read: values => {
        rows.replaceChildren();
        for (let at = 0; `variants[${at}].weight` in values; at++) addRow();
        for (const field of rows.querySelectorAll('input')) field.value = values[field.name] ?? '';
        sum();
      },
    };
  };

  // --- Rules -------------------------------------------------------------------
  const FIELDS = ['country', 'continent', 'region', 'city', 'device', 'os', 'browser', 'language', 'referrer', 'time', 'query'];
  const CHOICES = { continent: ['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'], device: ['desktop', 'mobile', 'tablet', 'tv', 'console', 'wearable', 'bot'] };
  const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const LANGUAGES = ['ar', 'bn', 'cs', 'da', 'de', 'de-AT', 'de-CH', 'el', 'en', 'en-GB', 'en-US', 'es', 'es-MX', 'fa', 'fi', 'fr', 'fr-CA', 'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'nl', 'no', 'pl', 'pt', 'pt-BR', 'ro', 'ru', 'sv', 'th', 'tr', 'uk', 'vi', 'zh', 'zh-Hant'];
  const MAX_DEPTH = 5;

  // The API's condition as the editor shows it: groups (all, any) and single conditions, each of which may be negated.
  const parse = (condition, path) => {
    if (condition?.not !== undefined && condition.not !== null) {
      const inner = parse(condition.not, `${path}.not`);
      return { ...inner, not: !inner.not, path: inner.path };
    }
    const op = condition?.all ? 'all' : condition?.any ? 'any' : null;
    if (op) return { op, not: false, path, items: condition[op].map((each, at) => parse(each, `${path}.${op}[${at}]`)) };
    const field = FIELDS.find(each => condition?.[each] !== undefined && condition[each] !== null) ?? 'country';
    return { field, not: false, path, value: structuredClone(condition?.[field] ?? emptyValue(field)) };
  };
  const emptyValue = field => field === 'time' ? {} : field === 'query' ? { name: '' } : [];
  const write = node => {
    const condition = node.op
      ? node.items.length === 1 && !node.not ? write(node.items[0]) : { [node.op]: node.items.map(write) }
      : { [node.field]: node.value };
    return node.not ? { not: condition } : condition;
  };

  const makeRules = (form, texts) => {
    const root = form.querySelector('[data-rules]');
    const text = root.querySelector('textarea'), plain = root.querySelector('[data-rules-text]'), editor = root.querySelector('[data-rules-editor]'), status = root.querySelector('[data-rules-status]');
    let errors = JSON.parse(root.dataset.errors || '{}');
    let rules = [];
    const names = { language: new Intl.DisplayNames([document.documentElement.lang], { type: 'language' }) };
    const countries = new Map([...form.elements['visitor.country'].options].filter(option => option.value).map(option => [option.value, option.textContent]));
    const devices = new Map([...form.elements['visitor.device'].options].map(option => [option.value, option.textContent]));
    const known = name => [...document.getElementById(name).options].map(option => ({ value: option.value }));
    const day = name => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'short', timeZone: 'UTC' }).format(new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(name))));

    const save = () => {
      text.value = rules.length ? JSON.stringify(rules.map(rule => ({ when: write(rule.when), url: rule.url })), null, 2) : '';
      changed(text);
    };
    const announce = (key, values) => { status.textContent = fill(texts[key], values); };

    // Errors whose longest known place is this one.
    const errorsAt = path => path === undefined ? [] : Object.entries(errors).filter(([place]) => ownerOf(place) === path).flatMap(([, messages]) => messages);
    // Where each condition is shown, for the focus after a change.
    const shown = new WeakMap();
    const focusIn = (node, selector = 'select') => shown.get(node)?.querySelector(selector)?.focus();
    let places = [];
    const ownerOf = place => places.filter(path => place === path || place.startsWith(`${path}.`) || place.startsWith(`${path}[`)).sort((a, b) => b.length - a.length)[0];
    const collect = node => [node.path, ...(node.items ?? []).flatMap(collect)].filter(Boolean);
    const errorLine = path => {
      const found = errorsAt(path);
      return found.length ? element('p', { class: 'field-error', id: newId(), text: found.join(' ') }) : null;
    };

    const select = (label, options, value, onchange, describedBy) => element('select', { class: 'form-select', 'aria-label': label, 'aria-describedby': describedBy, onchange: event => { event.stopPropagation(); onchange(event.target.value); } },
      ...options.map(([key, name]) => element('option', { value: key, text: name, selected: key === value })));
    const checks = (label, options, values, onchange) => element('fieldset', { class: 'rule-checks', 'aria-label': label }, ...options.map(([key, name]) => element('label', { class: 'form-check' },
      element('input', { class: 'form-check-input', type: 'checkbox', checked: values.includes(key), onchange: event => {
        event.stopPropagation();
        const at = values.indexOf(key);
        if (event.target.checked) values.push(key);
        else if (at >= 0) values.splice(at, 1);
        onchange();
      } }), element('span', { text: name }))));

    const valueEditor = (node, describedBy) => {
      const label = texts[node.field];
      if (CHOICES[node.field]) return checks(label, CHOICES[node.field].map(key => [key, node.field === 'device' ? devices.get(key) : texts[`continent.${key}`]]), node.value, save);
      if (node.field === 'time') return timeEditor(node, describedBy);
      if (node.field === 'query') {
        const values = node.value.values ?? [];
        return element('div', { class: 'rule-parts' },
          labelled(texts.queryName, { value: node.value.name ?? '', dir: 'ltr', 'aria-describedby': describedBy, oninput: event => { event.stopPropagation(); node.value.name = event.target.value; save(); } }),
          chips({ values, label: texts.queryValues, add: values.length ? texts.valuesHint : texts.anyValue, remove: texts.valueRemoved, dir: 'ltr', onchange: () => { if (values.length) node.value.values = values; else delete node.value.values; save(); } }));
      }
      const suggestions = node.field === 'country' ? [...countries].map(([code, name]) => ({ value: name, text: code }))
        : node.field === 'os' ? known('known-systems') : node.field === 'browser' ? known('known-browsers')
        : node.field === 'language' ? LANGUAGES.map(tag => ({ value: tag, text: names.language.of(tag) }))
        : node.field === 'referrer' ? [{ value: 'direct', text: texts.direct }] : [];
      return chips({
        values: node.value, label, add: texts.valuesHint, remove: texts.valueRemoved, suggestions, describedBy, invalid: !!describedBy,
        dir: ['language', 'referrer'].includes(node.field) ? 'ltr' : 'auto',
        // Countries are written by name or code.
        read: typed => node.field === 'country' ? [...countries].find(([code, name]) => [code, name].some(each => each.toLowerCase() === typed.toLowerCase()))?.[0] ?? typed : typed,
        show: value => node.field === 'country' ? countries.get(value) ?? value : node.field === 'referrer' && value === 'direct' ? texts.direct : value,
        onchange: save,
      });
    };
    const labelled = (label, attributes) => {
      const id = newId();
      return element('div', { class: 'rule-part' }, element('label', { class: 'form-label', for: id, text: label }), element('input', { class: 'form-control', id, type: 'text', autocomplete: 'off', ...attributes }));
    };
    const timeEditor = (node, describedBy) => {
      const set = (name, value) => {
        if (value) node.value[name] = value;
        else delete node.value[name];
        save();
      };
      const days = node.value.days ?? [];
      const zones = element('datalist', { id: newId() }, ...(Intl.supportedValuesOf?.('timeZone') ?? []).map(zone => element('option', { value: zone })));
      if (!node.value.timeZone) node.value.timeZone = root.dataset.zone;
      const part = (name, type, more = {}) => labelled(texts[name === 'timeZone' ? 'zone' : name], { type, value: node.value[name] ?? '', 'aria-describedby': describedBy, ...more, oninput: event => { event.stopPropagation(); set(name, event.target.value); } });
      return element('div', { class: 'rule-parts' }, part('from', 'time'), part('to', 'time'), part('timeZone', 'text', { list: zones.id, dir: 'ltr' }), zones,
        checks(texts.days, DAYS.map(key => [key, day(key)]), days, () => set('days', days.length ? days : null)));
    };

    const nodeEditor = (node, parent, depth) => {
      const remove = parent ? element('button', { type: 'button', class: 'icon-button icon-button-small', 'aria-label': texts.removeCondition, text: '×', onclick: () => {
        parent.items.splice(parent.items.indexOf(node), 1);
        draw();
        shown.get(parent).querySelector(':scope > .builder-actions > .rule-add').focus();
      } }) : null;
      const error = errorLine(node.path);
      if (node.op) {
        const mode = node.op === 'any' && node.not ? 'noneOf' : node.op;
        const box = element('div', { class: 'rule-group', role: 'group', 'aria-label': texts.group },
          element('div', { class: 'rule-line' },
            select(texts.match, [['all', texts.all], ['any', texts.any], ['noneOf', texts.noneOf]], mode, chosen => {
              // Not all of them is not one of the choices: it stays as it is until another is chosen.
              [node.op, node.not] = [chosen === 'noneOf' ? 'any' : chosen, chosen === 'noneOf'];
              save();
            }, error?.id),
            node.op === 'all' && node.not ? element('span', { class: 'tag', text: texts.isNot }) : null,
            remove),
          error,
          ...node.items.map(item => nodeEditor(item, node, depth + 1)),
          element('div', { class: 'builder-actions' },
            element('button', { type: 'button', class: 'btn btn-sm rule-add', text: texts.addCondition, onclick: () => {
              const added = { field: 'country', not: false, value: [] };
              node.items.push(added);
              draw();
              focusIn(added);
            } }),
            depth + 1 < MAX_DEPTH ? element('button', { type: 'button', class: 'btn btn-sm', text: texts.addGroup, onclick: () => {
              const added = { op: 'any', not: false, items: [{ field: 'country', not: false, value: [] }] };
              node.items.push(added);
              draw();
              focusIn(added);
            } }) : null));
        shown.set(node, box);
        return box;
      }
      const box = element('div', { class: 'rule-condition' },
        element('div', { class: 'rule-line' },
          select(texts.field, FIELDS.map(field => [field, texts[field]]), node.field, chosen => {
            [node.field, node.value] = [chosen, emptyValue(chosen)];
            draw();
            focusIn(node);
          }),
          select(texts.comparison, [['is', texts.is], ['isNot', texts.isNot]], node.not ? 'isNot' : 'is', chosen => { node.not = chosen === 'isNot'; save(); }),
          remove),
        valueEditor(node, error?.id), error);
      shown.set(node, box);
      return box;
    };

    const move = (rule, by, selector) => {
      const from = rules.indexOf(rule), to = from + by;
      if (to < 0 || to >= rules.length) return;
      rules.splice(to, 0, ...rules.splice(from, 1));
      errors = {};
      draw();
      announce('ruleMoved', { n: to + 1 });
      const again = editor.querySelectorAll('.rule')[to];
      (again.querySelector(`${selector}:not(:disabled)`) ?? again.querySelector('.rule-head button:not(:disabled)')).focus();
    };

    let dragged = null;
    const ruleEditor = (rule, at) => {
      const urlError = errorsAt(`rules[${at}].url`);
      const own = rule.path === `rules[${at}]` ? errorLine(rule.path) : null;
      const id = newId();
      const url = element('input', { class: `form-control${urlError.length ? ' is-invalid' : ''}`, id, type: 'text', inputmode: 'url', dir: 'ltr', autocomplete: 'off', spellcheck: 'false', value: rule.url, 'aria-invalid': urlError.length ? 'true' : null, 'aria-describedby': urlError.length ? `${id}-error` : null,
        oninput: event => { event.stopPropagation(); rule.url = event.target.value.trim(); save(); },
        onchange: event => { event.stopPropagation(); rule.url = event.target.value = complete(event.target.value); save(); } });
      const card = element('li', { class: 'rule', 'aria-label': fill(texts.rule, { n: at + 1 }),
        onkeydown: event => {
          if (!event.altKey || !['ArrowUp', 'ArrowDown'].includes(event.key)) return;
          event.preventDefault();
          move(rule, event.key === 'ArrowUp' ? -1 : 1, event.key === 'ArrowUp' ? '.rule-up' : '.rule-down');
        },
        ondragover: event => { if (dragged && dragged !== rule) event.preventDefault(); },
        ondrop: event => { event.preventDefault(); if (dragged) move(dragged, rules.indexOf(rule) - rules.indexOf(dragged), '.rule-up'); } },
        element('div', { class: 'rule-head' },
          element('span', { class: 'rule-drag', draggable: 'true', title: texts.drag, 'aria-hidden': 'true', text: '⠿',
            ondragstart: event => { dragged = rule; event.dataTransfer.effectAllowed = 'move'; event.dataTransfer.setData('text/plain', ''); event.dataTransfer.setDragImage(card, 0, 0); }, ondragend: () => { dragged = null; } }),
          element('h2', { text: fill(texts.rule, { n: at + 1 }) }),
          element('button', { type: 'button', class: 'icon-button icon-button-small rule-up', 'aria-label': fill(texts.moveUp, { n: at + 1 }), text: '↑', disabled: at === 0, onclick: () => move(rule, -1, '.rule-up') }),
          element('button', { type: 'button', class: 'icon-button icon-button-small rule-down', 'aria-label': fill(texts.moveDown, { n: at + 1 }), text: '↓', disabled: at === rules.length - 1, onclick: () => move(rule, 1, '.rule-down') }),
          element('button', { type: 'button', class: 'icon-button icon-button-small', 'aria-label': fill(texts.remove, { n: at + 1 }), text: '×', onclick: () => {
            rules.splice(rules.indexOf(rule), 1);
            errors = {};
            draw();
            announce('ruleRemoved', { n: at + 1 });
            editor.querySelector('.rule-new').focus();
          } })),
        own,
        nodeEditor(rule.when, null, 1),
        element('div', { class: 'field' }, element('label', { class: 'form-label', for: id, text: texts.ruleUrl }), url,
          urlError.length ? element('p', { class: 'field-error', id: `${id}-error`, text: urlError.join(' ') }) : null));
      return card;
    };

    const draw = (keep = true) => {
      places = rules.flatMap((rule, at) => [`rules[${at}]`, `rules[${at}].url`, ...(rule.path === `rules[${at}]` ? collect(rule.when) : [])]);
      const whole = Object.entries(errors).filter(([place]) => !ownerOf(place)).flatMap(([, messages]) => messages);
      editor.replaceChildren(
        element('ol', { class: 'rule-rows' }, ...rules.map(ruleEditor)),
        whole.length ? element('p', { class: 'field-error', text: whole.join(' ') }) : '',
        rules.length ? '' : element('p', { class: 'text-muted', text: texts.noRules }),
        element('button', { type: 'button', class: 'btn btn-sm rule-new', text: texts.addRule, disabled: rules.length >= 50, onclick: () => {
          rules.push({ url: '', when: { op: 'all', not: false, items: [{ field: 'country', not: false, value: [] }] } });
          draw();
          focusIn(rules.at(-1).when.items[0]);
        } }));
      if (keep) save();
    };

    const read = () => {
      let list;
      try {
        list = text.value.trim() ? JSON.parse(text.value) : [];
        if (!Array.isArray(list)) throw new TypeError();
        rules = list.map((rule, at) => {
          const when = parse(rule.when, `rules[${at}].when`);
          return { path: `rules[${at}]`, url: rule.url ?? '', when: when.op ? when : { op: 'all', not: false, items: [when] } };
        });
      } catch {
        // Not what the editor can show: the text stays, and the server says what is wrong with it.
        [plain.hidden, editor.hidden] = [false, true];
        status.textContent = texts.invalidRules;
        return;
      }
      [plain.hidden, editor.hidden] = [true, false];
      draw(false);
    };
    read();
    return read;
  };

  // --- Social preview -------------------------------------------------------------
  const makePreview = form => {
    const box = form.querySelector('[data-preview]');
    const show = () => {
      const image = form.elements['preview.image'].value.trim();
      const title = form.elements['preview.title'].value.trim() || form.elements.title.value.trim();
      for (const card of box.querySelectorAll('.preview-card')) {
        const line = card.querySelector('[data-preview-title]');
        line.textContent = title || line.dataset.otherwise;
        card.querySelector('[data-preview-description]').textContent = form.elements['preview.description'].value;
        card.querySelector('[data-preview-image]').hidden = !image;
        card.querySelector('[data-preview-image-host]').textContent = URL.canParse(image) ? new URL(image).host : image;
      }
    };
    form.addEventListener('input', show);
    show();
  };

  // --- Drafts ---------------------------------------------------------------------
  // Kept by this browser for a week, for this person and workspace. Passwords never are. A draft knows the version that it changes, so that it never
  // overwrites a newer one.
  const PREFIX = 'linkshort-draft:';
  const WEEK = 7 * 24 * 3600 * 1000;
  const SKIPPED = ['password', '__RequestVerificationToken', 'ETag', 'base', 'linkId', 'attempt', 'step', 'variantsShown', 'aliasesShown', 'aliases', 'removePassword'];
  const store = {
    get: key => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* Full or forbidden: no drafts. */ } },
    remove: key => { try { localStorage.removeItem(key); } catch { /* As above. */ } },
  };
  const valuesOf = form => Object.fromEntries([...new FormData(form)].filter(([name, value]) => !SKIPPED.includes(name) && !name.startsWith('visitor.') && typeof value === 'string'));
  const sweep = user => {
    try {
      for (const key of Object.keys(localStorage).filter(each => each.startsWith(PREFIX))) {
        if (!key.startsWith(`${PREFIX}${user}.`) || !(Date.now() - store.get(key)?.at < WEEK)) store.remove(key);
      }
    } catch {
      // Without storage there are no drafts.
    }
  };
  const versionOf = form => Object.fromEntries(['ETag', 'base'].filter(name => form.elements[name]).map(name => [name, form.elements[name].value]));
  const makeDrafts = (form, texts, restore) => {
    const key = PREFIX + form.dataset.draft;
    sweep(form.dataset.draft.split('.')[0]);
    const fresh = JSON.stringify(valuesOf(form));
    const draft = store.get(key);
    const notice = form.querySelector('[data-draft-notice]');
    if (draft && !('shownAgain' in form.dataset) && JSON.stringify(draft.values) !== fresh) {
      notice.hidden = false;
      notice.querySelector('[data-draft-text]').textContent = fill(texts.draftFound, { at: new Intl.DateTimeFormat(document.documentElement.lang === 'ar' ? 'ar-u-nu-latn' : document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short', timeZone: document.body.dataset.timeZone || undefined }).format(new Date(draft.at)) });
      notice.querySelector('[data-draft-restore]').addEventListener('click', () => {
        notice.hidden = true;
        for (const [name, value] of Object.entries(draft.values)) if (form.elements[name] && !name.startsWith('variants[')) form.elements[name].value = value;
        for (const [name, value] of Object.entries(draft.version ?? {})) if (form.elements[name]) form.elements[name].value = value;
        restore(draft.values);
        form.elements.url.focus();
        changed(form.elements.url);
      });
      notice.querySelector('[data-draft-discard]').addEventListener('click', () => {
        notice.hidden = true;
        store.remove(key);
        form.elements.url.focus();
      });
    }
    form.addEventListener('input', later(() => {
      if (!form.isConnected) return;
      const values = valuesOf(form);
      if (JSON.stringify(values) === fresh) store.remove(key);
      else store.set(key, { at: Date.now(), values, version: versionOf(form) });
    }, 300));
  };
  const start = () => {
    for (const form of document.querySelectorAll('form.builder:not([data-ready])')) {
      form.dataset.ready = 'yes';
      const texts = JSON.parse(form.dataset.texts);
      const tags = makeTags(form, texts), variants = makeVariants(form, texts), rules = makeRules(form, texts);
      makeTabs(form);
      makeDestination(form);
      makeCode(form, texts);
      makeParts(form);
      makePreview(form);
      makeDrafts(form, texts, values => {
        tags();
        variants.read(values);
        rules();
      });
    }
  };
  document.addEventListener('htmx:after:swap', start);
  start();
})();
