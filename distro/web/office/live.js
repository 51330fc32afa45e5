// The numbers of a page that something still happens to; without this, the page is loaded again.
const place = document.querySelector("[data-live]");
if (place) {
  const source = new EventSource(place.dataset.live);
  const number = new Intl.NumberFormat("en");
  source.onmessage = (event) => {
    const now = JSON.parse(event.data);
    document.querySelectorAll("[data-count]").forEach((cell) => {
      if (cell.dataset.count in now.counts) cell.textContent = number.format(now.counts[cell.dataset.count]);
    });
    document.querySelectorAll("[data-text]").forEach((cell) => {
      if (cell.dataset.text in now) cell.textContent = now[cell.dataset.text];
    });
    if (now.state !== place.dataset.state) { source.close(); location.reload(); }
  };
  source.addEventListener("over", () => { source.close(); location.reload(); });
}
