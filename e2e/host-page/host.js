// What a page around figures does: puts frames in, keeps what they say, asks them things.
window.heard = [];
window.addEventListener('message', (event) => {
  const frame = [...document.querySelectorAll('iframe')].findIndex(
    (one) => one.contentWindow === event.source,
  );
  window.heard.push({ frame, origin: event.origin, ...event.data });
});

window.putFrame = (src, attributes = {}) => {
  const frame = document.createElement('iframe');
  for (const [name, value] of Object.entries({ width: 900, height: 520, ...attributes }))
    frame.setAttribute(name, value);
  frame.src = src;
  document.getElementById('place').append(frame);
};

window.tell = (message, frame = 0) =>
  document.querySelectorAll('iframe')[frame].contentWindow.postMessage(message, '*');

window.ask = (message, frame = 0) => {
  const id = `ask-${window.heard.length}-${Math.floor(performance.now() * 1000)}`;
  window.tell({ v: 1, id, ...message }, frame);
  return new Promise((resolve) => {
    window.addEventListener('message', function hear({ data }) {
      if (data?.id !== id) return;
      window.removeEventListener('message', hear);
      resolve(data);
    });
  });
};
