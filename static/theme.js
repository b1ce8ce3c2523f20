// Before the first paint: the theme this visitor chose, so that nothing flashes. In a frame, the address may choose.
(function () {
  var choice = null;
  try {
    choice = localStorage.getItem('alacarte.theme');
  } catch {
    // Storage is closed in some frames: the system's own theme it is.
  }
  if (/\/embed\//.test(location.pathname)) choice = new URLSearchParams(location.search).get('theme') || choice;
  if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice;
  // The site knows its pages by their folders, however they were asked for.
  if (/\/index\.html$/.test(location.pathname))
    history.replaceState(null, '', location.pathname.slice(0, -'index.html'.length) + location.search + location.hash);
})();
