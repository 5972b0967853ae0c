// The one script of the dashboard: it opens the stream of the page, and stops it by a button, and while nobody looks. Without it, and without
// Turbo, all pages work; they stay as they were loaded.
//
// What a person has ticked, typed or unfolded is theirs: an update does not change it.
export const LIVE_SCRIPT = `
(() => {
  const KEPT = { INPUT: ['checked', 'value'], SELECT: ['value'], OPTION: ['selected'], TEXTAREA: ['value'], DETAILS: ['open'] };
  const WORDS = { live: 'Live', paused: 'Paused', away: 'No connection', ended: 'Not live', full: 'Too many live pages' };
  let source, later;

  const isPaused = () => sessionStorage.getItem('signalbox-live') === 'paused';

  function show(state) {
    const button = document.getElementById('live');
    if (!button) return;
    button.hidden = false;
    button.dataset.state = state;
    button.setAttribute('aria-pressed', String(state === 'paused'));
    button.querySelector('span').textContent = WORDS[state];
  }

  function stop() {
    clearTimeout(later);
    if (!source) return;
    Turbo.disconnectStreamSource(source);
    source.close();
    source = undefined;
  }

  function start() {
    stop();
    if (isPaused()) return show('paused');
    if (document.hidden) return;
    const page = './' + location.pathname.split('/').pop() + location.search;
    const address = './live?' + new URLSearchParams({ page });
    const opened = new EventSource(address);
    opened.onopen = () => show('live');
    opened.onerror = () => {
      if (opened !== source) return;
      const isRefused = opened.readyState === EventSource.CLOSED;
      show(isRefused ? 'ended' : 'away');
      if (isRefused) void askWhy(address, opened);
    };
    source = opened;
    Turbo.connectStreamSource(opened);
  }

  // An EventSource does not tell why it was refused. Where the server says when to come back, the page does.
  async function askWhy(address, refused) {
    const asked = new AbortController();
    try {
      const { status, headers } = await fetch(address, { signal: asked.signal });
      if (refused !== source) return;
      const seconds = Number(headers.get('retry-after'));
      if (status === 503 && seconds > 0) show('full');
      if (status === 200 || seconds > 0) later = setTimeout(start, Math.max(seconds, 1) * 1000);
    } catch {
      // The server is away, too: the page stays as it is.
    } finally {
      asked.abort();
    }
  }

  addEventListener('turbo:load', start);
  addEventListener('turbo:before-cache', stop);
  addEventListener('pagehide', stop);
  addEventListener('visibilitychange', () => (document.hidden ? stop() : start()));
  addEventListener('click', ({ target }) => {
    if (!(target instanceof Element) || !target.closest('#live')) return;
    sessionStorage.setItem('signalbox-live', isPaused() ? 'on' : 'paused');
    start();
  });
  // A link in a picture has an address of another kind, on which Turbo fails: the browser follows it by itself.
  addEventListener('click', (event) => event.target instanceof Element && event.target.closest('svg a') && event.stopPropagation(), true);

  addEventListener('turbo:before-morph-attribute', (event) => {
    if (KEPT[event.target.tagName]?.includes(event.detail.attributeName)) event.preventDefault();
  });
})();
`;
