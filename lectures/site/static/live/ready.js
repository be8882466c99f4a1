// `make site` leaves it so: a page has nothing with which to run Python. `make site-live` writes
// what there is: {core: bytes of core.js, plots: bytes of plots.js, versions: {name: version}}.
window.VAE_LIVE = null;
