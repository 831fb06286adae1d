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

  // --- Toasts ------------------------------------------------------------
  const toasts = document.getElementById('toasts');
  const expire = card => {
    // A toast with something to copy stays until it is dismissed.
    if (!card.querySelector('[data-copy]') && !card.classList.contains('toast-problem')) setTimeout(() => card.remove(), 6000);
  };
  toasts?.querySelectorAll('.toast-card').forEach(expire);
  const toast = text => {
    const card = document.createElement('div');
    card.className = 'toast-card';
    const line = document.createElement('p');
    line.textContent = text;
    card.append(line);
    toasts.append(card);
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
  const dialog = document.getElementById('dialog');
  let opener = null, panel = null;
  dialog?.addEventListener('close', () => {
    // The event comes with the next frame; by then the dialog may be open again, or the panel to open it with may be in place.
    if (dialog.open) return;
    panel?.remove();
    panel = null;
    opener?.focus();
    opener = null;
  });

  document.addEventListener('click', event => {
    const target = event.target.closest?.('[data-theme-toggle],[data-copy],[data-dismiss],[data-close],[data-print]');
    if (event.target === dialog) return dialog.close();
    if (!target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (target.matches('[data-theme-toggle]')) {
      event.preventDefault();
      toggleTheme();
    } else if (target.matches('[data-copy]')) {
      copy(target);
    } else if (target.matches('[data-print]')) {
      print();
    } else if (target.matches('[data-dismiss]')) {
      target.closest('.toast-card').remove();
    } else if (dialog?.open && dialog.contains(target)) {
      event.preventDefault();
      dialog.close();
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

  const draw = element => {
    const data = JSON.parse(element.dataset.chart);
    const chart = echarts.getInstanceByDom(element) ?? echarts.init(element, null, { renderer: 'canvas' });
    const text = colour('muted'), line = colour('line'), clicks = colour('clicks'), visitors = colour('visitors'), bots = colour('bots');
    const number = new Intl.NumberFormat(locale);
    const few = data.labels.length <= 31;
    const series = (id, values, tone, area) => ({
      id, name: texts[id], type: 'line', data: values, smooth: 0.35, smoothMonotone: 'x', showSymbol: false, symbolSize: 7,
      lineStyle: { width: id === 'clicks' ? 2.5 : 2, color: tone, type: id === 'bots' ? [4, 4] : 'solid' },
      itemStyle: { color: tone },
      emphasis: { focus: 'none' },
      areaStyle: area ? { color: new echarts.graphic.LinearGradient(0, 0, 0, 1, [{ offset: 0, color: faded(tone, 0.22) }, { offset: 1, color: faded(tone, 0) }]) } : undefined,
    });
    chart.setOption({
      animationDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 500,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 4, right: 12, top: 16, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'axis',
        backgroundColor: 'transparent', borderWidth: 0, padding: 0, extraCssText: 'box-shadow:none',
        axisPointer: { lineStyle: { color: line } },
        // Elements instead of markup with style attributes, which the content security policy refuses.
        formatter: points => {
          const box = document.createElement('div');
          box.className = 'chart-tip';
          const head = document.createElement('p');
          head.textContent = points[0].axisValueLabel;
          box.append(head);
          for (const point of points) {
            const row = document.createElement('p');
            const key = document.createElement('span');
            key.className = `key key-${point.seriesId}`;
            const value = document.createElement('b');
            value.textContent = number.format(point.value);
            row.append(key, `${point.seriesName} `, value);
            box.append(row);
          }
          return box;
        },
      },
      xAxis: {
        type: 'category', data: data.labels, boundaryGap: false,
        axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
        axisLabel: { color: text, hideOverlap: true, margin: 12, interval: few ? 'auto' : undefined },
      },
      yAxis: {
        type: 'value', minInterval: 1, splitNumber: 4,
        axisLabel: { color: text, formatter: value => number.format(value) }, splitLine: { lineStyle: { color: line, type: [3, 5] } },
      },
      series: [series('clicks', data.clicks, clicks, true), series('visitors', data.visitors, visitors), series('bots', data.bots, bots)],
    }, true);
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

  // --- htmx --------------------------------------------------------------
  document.addEventListener('htmx:before:request', event => { opener = event.target.closest?.('a') ?? opener; });
  document.addEventListener('htmx:after:swap', () => {
    panel = dialog?.querySelector('.panel') ?? null;
    if (panel && !dialog.open) {
      dialog.showModal();
      dialog.querySelector('[autofocus]')?.focus();
    }
    prepare();
  });
  document.addEventListener('htmx:error', event => {
    // No response: a plain navigation shows the browser's own message, or works.
    if (event.detail?.ctx && event.detail.ctx.status?.startsWith?.('error')) toast(texts.noResponse);
  });

  const prepare = () => {
    showTimes(document);
    drawCharts(document);
    document.querySelector('[data-focus]:not([data-focused])')?.focus();
    document.querySelectorAll('[data-focus]').forEach(element => { element.dataset.focused = 'yes'; });
  };
  prepare();
  // A confirmed form resubmits itself, once: returning to its page doesn't send it again.
  document.querySelector('form[data-submit-now]')?.requestSubmit();
})();
