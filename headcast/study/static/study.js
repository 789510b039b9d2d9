// Asks the server for the next question, shows its three pictures at once, and sends the choice.
"use strict";

const TOKEN_NAME = "headcast-study-participant";
const element = (id) => document.getElementById(id);
const pictures = element("pictures");
const buttons = [...pictures.querySelectorAll("button")];

let asked = null; // the question on the screen, null while none can be answered

async function request(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, options).catch(() => {
    throw new Error("The study's server does not answer. Is it still running?");
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

const tokenPath = () => `/participants/${localStorage.getItem(TOKEN_NAME)}`;

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

async function attempt(action) {
  try {
    await action();
  } catch (error) {
    asked = null;
    element("reason").textContent = error.message;
    show("trouble");
    element("retry").focus();
  }
}

async function resume() {
  if (!localStorage.getItem(TOKEN_NAME)) return welcome();
  try {
    await present(await request(tokenPath()));
  } catch (error) {
    if (error.status !== 409) throw error;
    localStorage.removeItem(TOKEN_NAME); // the token is of another study
    await welcome();
  }
}

async function welcome() {
  element("total").textContent = (await request("/study")).num_questions;
  show("welcome");
  element("start").focus();
}

async function start() {
  localStorage.setItem(TOKEN_NAME, (await request("/participants", {})).participant);
  await resume();
}

async function present({ num_answered, num_questions, next }) {
  if (next === null) {
    show("thanks");
    return element("thanks").querySelector("h1").focus();
  }
  pictures.setAttribute("aria-busy", "true");
  element("count").textContent = `Question ${num_answered + 1} of ${num_questions}`;
  element("progress").max = num_questions;
  element("progress").value = num_answered;
  show("question");
  // all three appear together: the one that loads last must not stand out
  await Promise.all(buttons.map((button, place) => {
    const image = button.querySelector("img");
    image.alt = `Picture ${place + 1}`;
    image.src = `/pictures/${next.pictures[place]}.png`;
    return image.decode();
  })).catch(() => {
    throw new Error("A picture cannot be loaded.");
  });
  pictures.setAttribute("aria-busy", "false");
  element("ask").focus(); // no picture is favoured
  asked = next;
}

async function choose(place) {
  if (asked === null) return; // a second tap while the first is on its way
  const body = { triplet: asked.triplet, picture: asked.pictures[place] };
  asked = null;
  await present(await request(tokenPath(), body));
}

function onKey(event) {
  if (asked === null || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
  if (step) {
    const place = buttons.indexOf(document.activeElement);
    const first = step > 0 ? 0 : buttons.length - 1;
    buttons[place < 0 ? first : (place + step + buttons.length) % buttons.length].focus();
    event.preventDefault();
  } else if (["1", "2", "3"].includes(event.key)) {
    attempt(() => choose(Number(event.key) - 1));
  }
}

buttons.forEach((button, place) => button.addEventListener("click", () => attempt(() => choose(place))));
element("start").addEventListener("click", () => attempt(start));
element("again").addEventListener("click", () => attempt(async () => {
  localStorage.removeItem(TOKEN_NAME);
  await welcome();
}));
element("retry").addEventListener("click", () => attempt(resume));
document.addEventListener("keydown", onKey);
attempt(resume);
