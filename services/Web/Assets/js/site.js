// Progressive enhancement only: links and forms work without it.
(() => {
  'use strict';
  const root = document.documentElement;
  // What the script writes, in the page's language. Western digits, as the server writes them.
  const texts = JSON.parse(document.body.dataset.texts);
  const locale = root.lang === 'ar' ? 'ar-u-nu-latn' : root.lang;
  root.classList.add('has-script');
  if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) root.classList.add('has-passkeys');

  const cookie = (name, value) => {
    // The names that HostCookie uses on the server.
    const [prefix, secure] = location.protocol === 'https:' ? ['__Host-', '; secure'] : ['', ''];
    document.cookie = `${prefix}${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
  };

  // The server renders times and days in this zone from the next page on.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && /^[A-Za-z0-9_+\-/]{1,64}$/.test(zone)) cookie('tz', zone);

  // --- Theme -------------------------------------------------------------
  const isDark = () => (root.dataset.bsTheme ? root.dataset.bsTheme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches);
  const toggleTheme = () => {
    root.dataset.bsTheme = isDark() ? 'light' : 'dark';
    cookie('theme', root.dataset.bsTheme);
    drawCharts(document, true);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawCharts(document, true));

  // --- Focus -------------------------------------------------------------
  // Whoever uses a keyboard keeps their place: when what has the focus is replaced or removed, the focus goes to its successor, its neighbour or the
  // content, and never to the body, from where everything has to be passed again (WCAG 2.4.3).
  const focusable = 'a[href],button:not([disabled]),input:not([type=hidden],[disabled]),select:not([disabled]),textarea:not([disabled]),summary';
  const isLost = () => !document.activeElement || document.activeElement === document.body;
  const isShown = element => !!element && element !== document.body && element.isConnected && element.getClientRects().length > 0;
  const focusOn = (...candidates) => candidates.some(candidate => {
    const element = typeof candidate === 'string' ? document.querySelector(candidate) : candidate;
    if (!isShown(element)) return false;
    element.focus();
    return document.activeElement === element;
  });
  const focusContent = () => document.getElementById('content')?.focus({ preventScroll: true });

  // A selector that finds the element again in a later version of the page.
  const selectorOf = element => {
    const having = (name, of = element) => of.hasAttribute(name) ? `[${name}="${CSS.escape(of.getAttribute(name))}"]` : '';
    const tag = element?.localName;
    if (!element || element === document.body) return null;
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (element.matches('a[href]')) return `a${having('href')}${having('aria-label')}`;
    const form = element.closest('form[action]');
    if (form) return `form${having('action', form)} ${tag}${having('name')}${having('aria-label')}`;
    return having('aria-label') && `${tag}${having('aria-label')}`;
  };
  // Where to continue: there, or at the same control of the next or the previous row.
  const placeOf = control => {
    // What was chosen from a row's menu is hidden again.
    const element = control?.closest?.('.row-menu')?.querySelector('summary') ?? control;
    const row = element?.closest?.('li,tr');
    const controls = of => [...of.querySelectorAll(focusable)];
    const index = row ? controls(row).indexOf(element) : -1;
    const beside = [row?.nextElementSibling, row?.previousElementSibling].map(other => other && (controls(other)[index] ?? controls(other)[0]));
    return [element, ...beside].map(selectorOf).filter(Boolean);
  };
  const focusBack = element => {
    // What was chosen from a menu is hidden again.
    const popover = element?.closest?.('[popover]');
    const summary = element?.checkVisibility?.() === false && element.closest('details')?.querySelector('summary');
    return focusOn(element, popover && `[popovertarget="${popover.id}"]`, summary, ...(element ? placeOf(element) : [])) || focusContent();
  };

  // An action that ends in a redirect leads back to its place, if it leads back to its page.
  const keepPlace = element => {
    if (!element || !document.querySelector('.app')) return;
    try {
      sessionStorage.setItem('place', JSON.stringify({ page: location.pathname, at: Date.now(), place: placeOf(element) }));
    } catch { /* No storage: the page starts at its top, as without script. */ }
  };
  const restorePlace = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem('place'));
      sessionStorage.removeItem('place');
      if (!kept || Date.now() - kept.at > 60000 || !isLost() || document.querySelector('[autofocus]')) return;
      if (kept.page !== location.pathname || !focusOn(...kept.place)) focusContent();
    } catch { /* As above. */ }
  };
  document.addEventListener('submit', event => {
    if (!event.defaultPrevented && event.target.method === 'post') keepPlace(event.submitter ?? document.activeElement);
  });

  // --- Toasts ------------------------------------------------------------
  const toasts = () => document.getElementById('toasts');
  const remove = card => {
    const hadFocus = card.contains(document.activeElement);
    card.remove();
    if (hadFocus) focusOn('.toast-card [data-dismiss]') || focusContent();
  };
  const expire = card => {
    // A toast with something to copy or to undo stays until it is dismissed.
    if (!card.querySelector('[data-copy], form') && !card.classList.contains('toast-problem')) setTimeout(() => remove(card), 6000);
  };
  // A screen reader announces what is added to the page, not what it was loaded with.
  const loaded = [...(toasts()?.querySelectorAll('.toast-card') ?? [])];
  loaded.forEach(card => card.remove());
  setTimeout(() => {
    toasts()?.append(...loaded);
    loaded.forEach(expire);
  }, 100);
  const toast = text => {
    const card = document.createElement('div');
    card.className = 'toast-card';
    const line = document.createElement('p');
    line.textContent = text;
    card.append(line);
    toasts()?.append(card);
    expire(card);
  };

  // --- Copying -----------------------------------------------------------
  const copy = async button => {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // No permission, or not a secure context: use the old API.
      const field = document.createElement('textarea');
      field.value = text;
      field.className = 'visually-hidden';
      (button.closest('dialog') ?? document.body).append(field);
      field.select();
      const worked = document.execCommand('copy');
      field.remove();
      button.focus();
      if (!worked) return toast(texts.copyRefused);
    }
    button.classList.add('is-copied');
    const label = button.querySelector('[data-copy-text]');
    if (label) label.textContent = texts.copied;
    else toast(texts.copiedHint);
    setTimeout(() => {
      button.classList.remove('is-copied');
      if (label) label.textContent = texts.copy;
    }, 2000);
  };

  // --- Dialog ------------------------------------------------------------
  // Looked up each time: an error page replaces the whole body.
  const dialogOf = () => document.getElementById('dialog');
  let opener = null, panel = null;
  document.addEventListener('close', event => {
    // The event comes with the next frame; by then the dialog may be open again, or the panel to open it with may be in place.
    if (event.target !== dialogOf() || event.target.open) return;
    panel?.remove();
    panel = null;
    focusBack(opener);
    opener = null;
  }, true);

  // A click beside a dialog closes it, unless it only ends there, as when text is selected, or something was entered.
  let pressed = null;
  document.addEventListener('pointerdown', event => { pressed = event.target; }, true);
  const isChanged = field =>
    field.matches('select') ? ![...field.options].some(option => option.defaultSelected) ? field.selectedIndex > 0 : [...field.options].some(option => option.selected !== option.defaultSelected)
    : field.matches('[type=checkbox], [type=radio]') ? field.checked !== field.defaultChecked
    : field.value !== field.defaultValue;
  const hasInput = dialog => !!dialog.querySelector('form[data-shown-again]') || [...dialog.querySelectorAll('form[method=post] :is(input, select, textarea)[name]')].some(isChanged);

  document.addEventListener('click', event => {
    const target = event.target.closest?.('[data-theme-toggle],[data-copy],[data-dismiss],[data-close],[data-print]');
    if (event.target.matches?.('dialog[open]')) {
      if (pressed === event.target && !hasInput(event.target)) event.target.close();
      return;
    }
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (target.matches('[data-theme-toggle]')) {
      event.preventDefault();
      toggleTheme();
    } else if (target.matches('[data-copy]')) {
      copy(target);
    } else if (target.matches('[data-print]')) {
      print();
    } else if (target.matches('[data-dismiss]')) {
      remove(target.closest('.toast-card'));
    } else if (target.closest('dialog[open]')) {
      event.preventDefault();
      target.closest('dialog[open]').close();
    }
  });

  document.addEventListener('focusin', event => {
    if (event.target.matches?.('.copy-value')) event.target.select();
  });

  // --- Times -------------------------------------------------------------
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  // The zone from the user's settings, or the device's.
  const timeZone = document.body.dataset.timeZone || undefined;
  const dates = locale === 'en' ? 'en-GB' : locale;
  const precise = new Intl.DateTimeFormat(dates, { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone });
  const dayOnly = new Intl.DateTimeFormat(dates, { day: 'numeric', month: 'short', year: 'numeric', timeZone });
  const showTimes = scope => {
    for (const time of scope.querySelectorAll('time[data-time]')) {
      const at = new Date(time.dateTime);
      const seconds = (at - Date.now()) / 1000;
      const ago = Math.abs(seconds);
      time.title = precise.format(at);
      time.textContent =
        ago < 45 ? texts.justNow
        : ago < 3600 ? relative.format(Math.round(seconds / 60), 'minute')
        : ago < 86400 ? relative.format(Math.round(seconds / 3600), 'hour')
        : ago < 6 * 86400 ? relative.format(Math.round(seconds / 86400), 'day')
        : dayOnly.format(at);
    }
  };

  // --- Charts ------------------------------------------------------------
  let library = null;
  const loadLibrary = () => library ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = document.body.dataset.chartLibrary;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });

  // Custom properties don't resolve light-dark(), but an element's colour does.
  const colour = name => {
    const probe = document.createElement('i');
    probe.className = `probe probe-${name}`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const faded = (rgb, alpha) => rgb.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, `rgba($1,$2,$3,${alpha})`);

  // What all charts share: the axes, and a tooltip of elements instead of markup with style attributes, which the content security policy refuses.
  const frame = ({ labels, format, rowsOf, ...axis }) => {
    const text = colour('muted'), rule = colour('line');
    return {
      // It would take a slow phone's processor for a second, before the page can be used.
      animation: false,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 4, right: 12, top: 16, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'axis',
        backgroundColor: 'transparent', borderWidth: 0, padding: 0, extraCssText: 'box-shadow:none',
        axisPointer: { lineStyle: { color: rule } },
        formatter: points => {
          const box = document.createElement('div');
          box.className = 'chart-tip';
          const head = document.createElement('p');
          head.textContent = points[0].axisValueLabel;
          box.append(head);
          for (const { keys, name, value } of rowsOf(points)) {
            const row = document.createElement('p');
            const key = document.createElement('span');
            key.className = `key ${keys}`;
            const number = document.createElement('b');
            number.textContent = format(value);
            row.append(key, `${name} `, number);
            box.append(row);
          }
          return box;
        },
      },
      xAxis: {
        type: 'category', data: labels, boundaryGap: false,
        axisLine: { lineStyle: { color: rule } }, axisTick: { show: false },
        axisLabel: { color: text, hideOverlap: true, margin: 12, interval: labels.length <= 31 ? 'auto' : undefined }, ...axis.x,
      },
      yAxis: { type: 'value', splitNumber: 4, axisLabel: { color: text, formatter: format }, splitLine: { lineStyle: { color: rule, type: [3, 5] } }, ...axis.y },
    };
  };
  const line = (id, name, values, tone, style) => ({
    id, name, type: 'line', data: values, showSymbol: false, symbolSize: 7, itemStyle: { color: tone }, emphasis: { focus: 'none' }, ...style,
  });

  const clicksOf = (data, hidden) => {
    const text = colour('muted');
    const number = new Intl.NumberFormat(locale);
    const last = data.labels.length - 1;
    // The last interval is not over: the segment to it is dashed, by a series of its own.
    const split = data.partial && last > 0;
    const series = (id, tone, area) => {
      if (hidden.includes(id)) return [];
      const values = data[id], width = id === 'clicks' ? 2.5 : 2;
      const whole = line(id, texts[id], split ? [...values.slice(0, last), null] : values, tone, {
        lineStyle: { width, color: tone, type: id === 'bots' ? [4, 4] : 'solid' },
        areaStyle: area ? { color: new echarts.graphic.LinearGradient(0, 0, 0, 1, [{ offset: 0, color: faded(tone, 0.22) }, { offset: 1, color: faded(tone, 0) }]) } : undefined,
      });
      return split
        ? [whole, line(`${id}-now`, texts[id], values.map((value, i) => i < last - 1 ? null : value), tone, { lineStyle: { width, color: tone, type: [3, 4] } })]
        : [whole];
    };
    const before = data.previous && !hidden.includes('clicks')
      ? [line('previous', texts.before, data.previous, text, { lineStyle: { width: 1.5, color: faded(text, 0.6) }, z: 1 })]
      : [];
    return {
      ...frame({
        labels: data.labels, format: value => number.format(value), y: { minInterval: 1 },
        rowsOf: points => points.map(point => ({ point, parts: point.seriesId.split('-') }))
          // The dashed segment starts at a point that its line has, too.
          .filter(({ point, parts }) => point.value != null && !(parts[1] && point.dataIndex < last))
          .map(({ point, parts }) => ({ keys: `key-${parts[0]}`, name: point.seriesName, value: point.value })),
      }),
      series: [...before, ...series('clicks', colour('clicks'), true), ...series('visitors', colour('visitors')), ...series('bots', colour('bots'))],
    };
  };

  // Lines, and bars beside or on each other, of any names.
  const strengths = { '': 1, half: 0.55, faint: 0.25 };
  const figuresOf = ({ labels, series, unit }) => {
    const percent = { style: 'percent', maximumFractionDigits: 1 };
    const money = { style: 'currency', currency: unit.currency, currencyDisplay: 'narrowSymbol' };
    // Arabic pages have amounts as English ones, as the server writes them.
    const written = unit.kind === 'money' && root.lang === 'ar' ? 'en' : locale;
    const number = new Intl.NumberFormat(written, { share: percent, money }[unit.kind]);
    const short = unit.kind === 'money' ? new Intl.NumberFormat(written, { ...money, maximumFractionDigits: 0 }) : number;
    const all = series.flatMap(each => each.values).filter(value => value != null);
    // What is expected continues from what was.
    const joined = values => {
      const first = values.findIndex(value => value != null);
      return values.map((value, i) => i === first - 1 ? series[0].values[i] : value);
    };
    return {
      ...frame({
        labels, format: value => number.format(value),
        x: { boundaryGap: series.some(each => !each.line) },
        y: { minInterval: unit.kind === 'count' ? 1 : undefined, scale: unit.kind === 'share' && Math.min(...all) > 0.5, axisLabel: { color: colour('muted'), formatter: value => short.format(value) } },
        rowsOf: points => points.filter(point => series[point.seriesIndex].values[point.dataIndex] != null).map(point => {
          const { tone, strength, name } = series[point.seriesIndex];
          return { keys: `key-${tone}${strength && ` key-${strength}`}`, name, value: point.value };
        }),
      }),
      series: series.map(({ name, tone, strength, values, line: isLine, dashed, stacked }, index) => {
        const strong = colour(tone);
        return isLine
          ? line(`${index}`, name, dashed ? joined(values) : values, strong, { showSymbol: labels.length <= 31, lineStyle: { width: dashed ? 2 : 2.5, color: strong, type: dashed ? [4, 4] : 'solid' } })
          : {
            id: `${index}`, name, type: 'bar', data: values, stack: stacked ? 'all' : undefined, barMaxWidth: 34, emphasis: { focus: 'none' },
            itemStyle: { color: faded(strong, strengths[strength]), borderColor: strong, borderWidth: strength ? 1 : 0 },
          };
      }),
    };
  };

  const draw = element => {
    const data = JSON.parse(element.dataset.chart);
    const chart = echarts.getInstanceByDom(element) ?? echarts.init(element, null, { renderer: 'canvas' });
    chart.setOption(data.series ? figuresOf(data) : clicksOf(data, element.dataset.hidden?.split(' ') ?? []), true);
    return chart;
  };

  const drawCharts = async (scope, again = false) => {
    const elements = [...scope.querySelectorAll('[data-chart]')].filter(element => again || !element.dataset.drawn);
    if (elements.length === 0) return;
    try {
      await loadLibrary();
    } catch {
      // The table below the chart contains the numbers.
      elements.forEach(element => element.closest('.chart-card')?.querySelector('details')?.setAttribute('open', ''));
      return;
    }
    for (const element of elements) {
      if (!element.isConnected) continue;
      const chart = draw(element);
      if (!element.dataset.drawn) new ResizeObserver(() => element.isConnected ? chart.resize() : chart.dispose()).observe(element);
      element.dataset.drawn = 'yes';
    }
  };

  // A figure above a chart shows and hides its line. Without script, figures are just read.
  const prepareFigures = () => {
    for (const figure of document.querySelectorAll('[data-series]:not([role])')) {
      if (!figure.closest('.numbers')?.querySelector('[data-chart]')) continue;
      figure.setAttribute('role', 'button');
      figure.setAttribute('tabindex', '0');
      figure.setAttribute('aria-pressed', 'true');
    }
  };
  const toggleSeries = figure => {
    const chart = figure.closest('.numbers').querySelector('[data-chart]');
    const all = [...figure.parentElement.querySelectorAll('[data-series]')];
    const shown = all.filter(each => (each.getAttribute('aria-pressed') === 'true') !== (each === figure));
    // At least one remains.
    if (shown.length === 0) return;
    all.forEach(each => each.setAttribute('aria-pressed', String(shown.includes(each))));
    chart.dataset.hidden = all.filter(each => !shown.includes(each)).map(each => each.dataset.series).join(' ');
    if (chart.dataset.drawn) draw(chart);
  };
  document.addEventListener('click', event => {
    const figure = event.target.closest?.('[data-series][role]');
    if (figure) toggleSeries(figure);
  });
  document.addEventListener('keydown', event => {
    if ((event.key === 'Enter' || event.key === ' ') && event.target.matches?.('[data-series][role]')) {
      event.preventDefault();
      toggleSeries(event.target);
    }
  });

  // --- htmx --------------------------------------------------------------
  // What had the focus when a request was made: its button may be disabled, or its part of the page replaced, before the response is in place.
  const held = new WeakMap();
  let swapped = null;
  document.addEventListener('htmx:before:request', event => {
    const link = event.target.closest?.('a');
    held.set(event.detail.ctx, document.activeElement);
    if (!dialogOf()?.open) opener = link ?? document.activeElement;
    lock(event.detail.ctx);
  });
  // The answer to a form replaces its fields: while it is sent they are read-only, so that nothing is typed that would be lost.
  const locked = new WeakMap();
  const lock = ctx => {
    if (!ctx.request.form || ctx.request.method !== 'POST') return;
    const fields = [...ctx.request.form.querySelectorAll('input:read-write, textarea:read-write')];
    for (const field of fields) field.readOnly = true;
    locked.set(ctx, fields);
  };
  document.addEventListener('htmx:finally:request', event => {
    for (const field of locked.get(event.detail.ctx) ?? []) field.readOnly = false;
  });
  document.addEventListener('htmx:before:response', event => {
    const element = held.get(event.detail.ctx);
    if (event.detail.ctx.response?.headers?.get('HX-Redirect')) keepPlace(dialogOf()?.contains(element) ? opener : element);
  });
  document.addEventListener('htmx:before:swap', event => {
    const element = isLost() ? held.get(event.detail.ctx) : document.activeElement;
    const target = event.detail.tasks?.find(task => task.type === 'main')?.target;
    swapped = { place: element && element !== document.body ? placeOf(element) : null, target, before: target?.previousElementSibling, parent: target?.parentElement };
  });
  document.addEventListener('htmx:after:swap', () => {
    const dialog = dialogOf();
    panel = dialog?.querySelector('.panel') ?? null;
    if (panel && !dialog.open) {
      dialog.showModal();
      dialog.querySelector('[autofocus]')?.focus();
    }
    prepare();
    if (isLost() && swapped?.place) {
      const { place, target, before, parent } = swapped;
      // The new content stands where the target stood, or in it.
      const content = target === document.body ? null : target?.isConnected ? target : before?.isConnected ? before.nextElementSibling : parent?.firstElementChild;
      focusOn(...place, content?.matches?.(focusable) ? content : content?.querySelector?.(focusable)) || focusContent();
    }
    swapped = null;
  });
  document.addEventListener('htmx:error', event => {
    // No response: a plain navigation shows the browser's own message, or works.
    if (event.detail?.ctx && event.detail.ctx.status?.startsWith?.('error')) toast(texts.noResponse);
  });

  // Scripts of single features, where one is shown.
  const loadScripts = () => {
    for (const { dataset } of document.querySelectorAll('[data-script]')) {
      if (document.querySelector(`script[src="${dataset.script}"]`)) continue;
      const script = document.createElement('script');
      script.src = dataset.script;
      document.head.append(script);
    }
  };
  // Drafts of links: forgotten once their link is saved, which the server reports by the draft's name, and all of them on signing out.
  const forgetDrafts = isGone => {
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith('linkshort-draft:') && isGone(key)) localStorage.removeItem(key);
    } catch {
      // Without storage there are no drafts.
    }
  };
  const savedDraft = document.cookie.match(/(?:^|; )(?:__Host-)?draft-saved=([\w.-]+)/)?.[1];
  if (savedDraft) {
    forgetDrafts(key => key === `linkshort-draft:${savedDraft}`);
    const [prefix, secure] = location.protocol === 'https:' ? ['__Host-', '; secure'] : ['', ''];
    document.cookie = `${prefix}draft-saved=; path=/; max-age=0; samesite=lax${secure}`;
  }
  document.addEventListener('submit', event => {
    if (event.target.getAttribute('action') === '/app/signout') forgetDrafts(() => true);
  });

  const prepare = () => {
    showTimes(document);
    prepareFigures();
    loadScripts();
    drawCharts(document);
    document.querySelector('[data-focus]:not([data-focused])')?.focus();
    document.querySelectorAll('[data-focus]').forEach(element => { element.dataset.focused = 'yes'; });
  };
  prepare();
  restorePlace();
  // A confirmed form resubmits itself, once: returning to its page doesn't send it again.
  document.querySelector('form[data-submit-now]')?.requestSubmit();
})();
