// Small helpers around elements.
export const $ = (selector, root = document) => root.querySelector(selector);

// h("p.quiet", { hidden: true, onclick: f, "aria-label": "x" }, "text", child)
export function h(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in element && !name.startsWith("aria-")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Said to those who listen to the page.
export function say(text) {
  $("#status").textContent = text;
}

let onDismiss = null;
export function notice(text, dismissed = null) {
  const bar = $("#notice");
  if (!bar) return;
  $("p", bar).textContent = text;
  bar.hidden = !text;
  onDismiss = dismissed;
  $("button", bar).onclick = () => {
    bar.hidden = true;
    onDismiss?.();
  };
}

let counter = 0;
export const uniqueId = (stem) => `${stem}-${++counter}`;

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

// Files that are dropped on an element, or chosen with its button.
export function dropZone(element, take) {
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    element.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
}

export function fileButton(label, accept, multiple, take, kind = "button.add") {
  const input = h("input", { type: "file", accept, multiple, hidden: true, tabIndex: -1, "aria-hidden": "true" });
  input.onchange = () => {
    if (input.files.length) take([...input.files]);
    input.value = "";
  };
  const button = h(kind, { type: "button", onclick: () => input.click() }, label);
  return [button, input];
}
