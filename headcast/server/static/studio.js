// The page: tabs, colours, and what happens when the server goes and comes back.
import { get, Gone } from "/static/api.js";
import { mountAvatar } from "/static/avatar.js";
import { $, h, notice } from "/static/dom.js";
import { driverName, mountDriving } from "/static/driving.js";
import { mountEdit } from "/static/edit.js";
import { mountFace } from "/static/face.js";
import { refreshJobs, startJob } from "/static/jobs.js";
import { chosenOptions, mountOptions } from "/static/options.js";
import { chosenPerson, mountPeople } from "/static/people.js";
import { change, refresh, store, watch } from "/static/store.js";
import { fill, t } from "/static/texts.js";

const EXAMPLES = [
  ["astronaut", "talk"],
  ["hopper", "smile"],
  ["astronaut", "turn"],
];

function mountTheme() {
  const choice = $("#theme");
  const show = () => {
    document.documentElement.dataset.theme = choice.value;
    localStorage.setItem("headcast-theme", choice.value);
  };
  choice.value = localStorage.getItem("headcast-theme") || "auto";
  choice.onchange = show;
  show();
}

function mountTabs() {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const open = (tab, focus = false) => {
    for (const other of tabs) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      $(`#${other.getAttribute("aria-controls")}`).hidden = !chosen;
    }
    if (focus) tab.focus();
    history.replaceState(null, "", `#${tab.getAttribute("aria-controls")}`);
    dispatchEvent(new CustomEvent("tab", { detail: tab.getAttribute("aria-controls") }));
  };
  for (const tab of tabs) {
    tab.onclick = () => open(tab);
    tab.onkeydown = (event) => {
      const shown = tabs.filter((other) => !other.hidden);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) open(shown[(shown.indexOf(tab) + step + shown.length) % shown.length], true);
    };
  }
  return (name) => {
    const tab = tabs.find((one) => one.getAttribute("aria-controls") === name && !one.hidden);
    open(tab ?? tabs[0]);
  };
}

function mountExamples() {
  const row = $("#examples");
  for (const [person, motion] of EXAMPLES) {
    const name = { astronaut: "Eileen Collins", hopper: "Grace Hopper" }[person];
    const button = h("button.example", { type: "button" }, h("img", { src: `/api/avatars/${person}/picture?head=true&side=96`, alt: "" }), t(`example.${motion}`, { name }));
    button.onclick = () => {
      change({ person, driver: { motion } });
      animate();
    };
    row.append(button);
  }
}

async function animate() {
  try {
    await startJob({ avatar: store.person, ...store.driver, options: chosenOptions() });
  } catch (error) {
    if (!(error instanceof Gone)) notice(error.message);
  }
}

// Looks now and then whether the server is there, and whether it is the same; more often for one that is to come back.
async function watchServer() {
  let pause = 4000;
  try {
    const { run } = await get("/api/status");
    if (run !== store.status?.run) await comeBack();
  } catch {
    pause = 1000; // said by api.js
  }
  setTimeout(watchServer, document.hidden ? 30000 : pause);
}

async function comeBack() {
  if (await refresh()) {
    notice(t("trouble.restarted"));
    dispatchEvent(new Event("restarted"));
  }
  refreshJobs();
}

async function start() {
  mountTheme();
  fill(document);
  const openTab = mountTabs();
  let placeByHand = null;
  mountPeople($("#people"), (file) => placeByHand(file));
  placeByHand = mountFace($("#face"));
  mountDriving($("#drivers"));
  mountOptions($("#options"));
  mountExamples();
  mountEdit($("#edit"));
  mountAvatar($("#avatar"), openTab);
  const go = $("#go");
  go.onclick = () => animate();
  watch(() => {
    const isReady = Boolean(chosenPerson() && store.driver);
    go.disabled = !isReady;
    $("#live-link").href = `/live?avatar=${encodeURIComponent(store.person ?? "")}`;
    $("#go-hint").textContent = isReady
      ? t("go.hint", { source: chosenPerson().name, driving: driverName(store.driver) })
      : t("go.none");
  });
  try {
    await comeBack();
  } catch (error) {
    notice(error.message);
  }
  openTab(location.hash.slice(1));
  setTimeout(watchServer, 4000);
  document.documentElement.dataset.ready = "true";
}

start();
