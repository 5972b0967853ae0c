// The one script of the dashboard: it opens the stream of the page, and stops it by a button, and while nobody looks. Without it, and without
// Turbo, all pages work; they stay as they were loaded.
//
// What a person has ticked, typed or unfolded is theirs: an update does not change it.
export const LIVE_SCRIPT = `
(() => {
  const KEPT = { INPUT: ['checked', 'value'], SELECT: ['value'], OPTION: ['selected'], TEXTAREA: ['value'], DETAILS: ['open'] };
  const WORDS = { live: 'Live', paused: 'Paused', away: 'No connection', ended: 'Not live' };
  let source;

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
    const opened = new EventSource('./live?' + new URLSearchParams({ page }));
    opened.onopen = () => show('live');
    opened.onerror = () => opened === source && show(opened.readyState === EventSource.CLOSED ? 'ended' : 'away');
    source = opened;
    Turbo.connectStreamSource(opened);
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
