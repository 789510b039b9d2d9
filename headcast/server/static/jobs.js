// The queue and the results: what the server has, shown as long as it has it. A reload changes nothing.
import { get, Gone, post, remove } from "/static/api.js";
import { $, h, notice, say } from "/static/dom.js";
import { driverView, motionName } from "/static/driving.js";
import { store } from "/static/store.js";
import { duration, t } from "/static/texts.js";

const cards = new Map(); // job id: {element, show}
const waiting = new Map(); // job id: called when it has ended
let timer = null;

export const isEnded = (job) => !["waiting", "running"].includes(job.state);

export async function startJob(asked) {
  const job = await post("/api/jobs", asked);
  await refreshJobs();
  cards.get(job.id)?.element.scrollIntoView({ behavior: "smooth", block: "nearest" });
  return job;
}

// Calls `tell` with a job until it has ended.
export function follow(id, tell) {
  waiting.set(id, tell);
  refreshJobs();
}

export async function refreshJobs() {
  clearTimeout(timer);
  let pause = 500;
  try {
    const jobs = await get("/api/jobs");
    show(jobs.filter((job) => job.kind === "animation"));
    for (const job of jobs) {
      waiting.get(job.id)?.(job);
      if (isEnded(job)) waiting.delete(job.id);
    }
    if (jobs.every(isEnded)) pause = 0;
  } catch (error) {
    if (!(error instanceof Gone)) notice(error.message);
    pause = 2000;
  }
  clearTimeout(timer);
  if (pause) timer = setTimeout(refreshJobs, document.hidden ? 4 * pause : pause);
}

function show(jobs) {
  $("#jobs-part").hidden = jobs.length === 0;
  const list = $("#jobs");
  for (const [id, card] of cards) {
    if (jobs.some((job) => job.id === id)) continue;
    card.element.remove();
    cards.delete(id);
  }
  for (const job of jobs) {
    if (!cards.has(job.id)) {
      cards.set(job.id, makeCard(job));
      list.prepend(cards.get(job.id).element);
    }
    cards.get(job.id).show(job);
  }
}

function makeCard(first) {
  const driving = first.asked.driving_kind === "builtin" ? motionName(first.asked.motion) : first.asked.driving_name;
  const title = t("job.title", { source: first.asked.avatar_name, driving });
  const bar = h("progress", { max: 1, "aria-label": t("job.progress", { title }) });
  const line = h("p.quiet");
  const stop = h("button.quiet-button", { type: "button", onclick: () => drop(first.id) }, t("cancel"));
  const body = h("div.job-body", {}, bar, line);
  const element = h("article.card.job", {}, h("div.job-head", {}, h("h4", {}, title), stop), body);
  let state = "";
  const update = (job) => {
    const now = describe(job);
    if (line.textContent !== now) line.textContent = now;
    if (job.expected && job.state === "running") bar.value = job.done / job.expected;
    else bar.removeAttribute("value");
    if (state === job.state) return;
    state = job.state;
    if (!isEnded(job)) return;
    bar.remove();
    say(`${title}: ${now}`);
    stop.textContent = t("delete");
    if (state === "done") body.append(result(job, title));
    else body.append(h("button.quiet-button", { type: "button", onclick: () => again(job) }, t("again")));
  };
  return { element, show: update };
}

async function drop(id) {
  await remove(`/api/jobs/${id}`).catch((error) => notice(error.message));
  refreshJobs();
}

async function again(job) {
  const { avatar, file, motion, options } = job.asked;
  await startJob({ avatar, file, motion, options }).catch((error) => notice(error.message));
}

export function describe(job) {
  switch (job.state) {
    case "waiting":
      return job.num_before ? t("job.waiting", { count: job.num_before }) : t("job.next");
    case "running": {
      if (!job.expected || !job.done) return t("job.preparing");
      const done = job.kind === "avatar" ? t("job.tuning", job) : t("job.running", job);
      return job.seconds_left === null ? done : `${done}, ${t("job.left", { time: duration(job.seconds_left) })}`;
    }
    case "failed":
      return t("job.failed", { reason: job.error });
    case "cancelled":
      return t("job.cancelled");
    default:
      return job.kind === "avatar" ? "" : t("job.finished", { frames: job.result.num_frames, time: duration(job.result.seconds) });
  }
}

function result(job, title) {
  const source = `/api/jobs/${job.id}/video`;
  const video = h("video", { src: source, controls: true, playsInline: true, loop: true, preload: "auto", "aria-label": `${t("view.result")}: ${title}` });
  const { avatar, file, motion } = job.asked;
  const photo = h("img", { src: `/api/avatars/${avatar}/picture`, alt: job.asked.avatar_name, onerror: () => photo.parentElement.remove() });
  const known = file ? store.files.some((one) => one.id === file) : true;
  const driver = known ? driverView(file ? { file } : { motion }, `${t("view.driving")}: ${title}`, true) : null;
  const views = h(
    "div.views",
    {},
    figure(t("view.source"), photo),
    driver && figure(t("view.driving"), driver),
    figure(t("view.result"), video, "figure.large"),
  );
  const play = h("button.quiet-button", { type: "button", onclick: () => playTogether(video, driver, play) }, t("play"));
  const download = h("a.main.small", { href: source, download: `${job.asked.avatar_name}.mp4` }, t("download"));
  return h("div", {}, views, h("div.tools", {}, download, play), verified(job.result.marks));
}

const figure = (caption, content, kind = "figure") => h(kind, {}, content, h("figcaption", {}, caption));

function playTogether(video, driver, button) {
  const all = [video, driver].filter((one) => one instanceof HTMLVideoElement);
  if (!video.paused) {
    for (const one of all) one.pause();
    button.textContent = t("play");
    return;
  }
  for (const one of all) {
    one.currentTime = 0;
    one.play();
  }
  button.textContent = t("pause");
}

export function verified(marks) {
  if (!marks) return h("p.quiet", {}, t("verify.none"));
  const facts = Object.entries(marks).filter(([, value]) => value !== null && String(value) !== "");
  const list = h("dl");
  for (const [name, value] of facts) list.append(h("dt", {}, name.replaceAll("_", " ")), h("dd", {}, String(value)));
  return h("details.verify", {}, h("summary", {}, t("verify")), h("p.quiet", {}, t("verify.hint")), list);
}
