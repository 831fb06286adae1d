// Copies a QR code as an image.
(() => {
  'use strict';
  document.addEventListener('click', async event => {
    const button = event.target.closest?.('[data-copy-image]');
    if (!button) return;
    const label = button.querySelector('span'), before = label.textContent;
    try {
      // The promise goes into the item: Safari allows no waiting between the click and the copy.
      const image = fetch(button.dataset.copyImage).then(response => response.ok ? response.blob() : Promise.reject(new Error(response.statusText)));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': image })]);
      label.textContent = button.dataset.copied;
    } catch {
      label.textContent = button.dataset.refused;
    }
    setTimeout(() => { label.textContent = before; }, 4000);
  });
})();
