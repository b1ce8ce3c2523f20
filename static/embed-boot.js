// Before the first paint of an embedded figure: which picture to show. Then its script. A sandbox without an origin of its
// own may refuse modules: the page says so, in words that stand in it already.
(function () {
  var root = document.documentElement;
  var query = new URLSearchParams(location.search);
  root.dataset.scene = query.get('scene') || 'memory';
  var usual = root.dataset.scene === 'network' ? 'esx-story' : 'home';
  root.dataset.scenario = /^#s=./.test(location.hash) ? '' : query.get('scenario') || usual;
  root.dataset.hide = (query.get('hide') || '').replace(/,/g, ' ');
  var script = new URL(document.currentScript.dataset.module, document.baseURI).href;
  var load = function () {
    import(script).catch(function () {
      root.dataset.failed = '';
    });
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', load);
  else load();
})();
