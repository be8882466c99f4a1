// What a reader cannot see of the page, at the window's width: boxes that stand out beyond the window
// and do not lie in a box that scrolls, boxes that scroll without saying so, and boxes that cut off
// what they hold.
(() => {
  const style = node => getComputedStyle(node);
  const name = node => `${node.localName}.${[...node.classList].join(".")}: `
    + node.textContent.trim().slice(0, 40);
  const scrolls = node => node.classList.contains("scrolls");
  const held = node => {
    for (let box = node.parentElement; box && box !== document.body; box = box.parentElement) {
      if (scrolls(box) && box.getBoundingClientRect().right <= innerWidth + 1) return true;
    }
    return false;
  };
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("svg, mjx-assistive-mml, mjx-container *, .skip-to-content")) continue;
    if (!node.checkVisibility({visibilityProperty: true})) continue;
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    if (box.right > innerWidth + 1 && !held(node)) found.push("beyond: " + name(node));
    if (node.scrollWidth <= node.clientWidth + 1 || style(node).display === "inline") continue;
    const overflow = style(node).overflowX;
    if (/hidden|clip/.test(overflow)) found.push("cut off: " + name(node));
    if (/auto|scroll/.test(overflow) && !scrolls(node)) found.push("no hint: " + name(node));
  }
  return found;
})()
