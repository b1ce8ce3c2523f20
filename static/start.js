// The front door: the language chosen last time, else the first of the browser's that we speak, else English.
(function () {
  var spoken = ['fr', 'en'];
  var wanted = [];
  try {
    wanted.push(localStorage.getItem('alacarte.language'));
  } catch {
    // Storage is closed: the browser's languages decide.
  }
  wanted = wanted.concat(navigator.languages || [navigator.language]).map(function (tag) {
    return String(tag).slice(0, 2).toLowerCase();
  });
  var language = wanted.find(function (tag) {
    return spoken.indexOf(tag) >= 0;
  });
  location.replace((language || 'en') + '/' + location.search + location.hash);
})();
