// Photos of one person, what the coach says of them, tuning, and what it brought.
import { get, post, postForBlob, remove, send } from "/static/api.js";
import { compare } from "/static/compare.js";
import { dropZone, fileButton, h, notice } from "/static/dom.js";
import { describe, follow, isEnded } from "/static/jobs.js";
import { change, refreshPeople, store, watch } from "/static/store.js";
import { duration, t } from "/static/texts.js";

const SHOWN = { turn: 14, mouth: 0.45, smile: 0.3 }; // what the untuned model finds hard
const KEY = "headcast-avatar"; // photos and job, so that a reload loses nothing

export function mountAvatar(root, openTab) {
  let photos = []; // of {id, name}
  let job = null;
  const remembered = () => localStorage.setItem(KEY, JSON.stringify({ photos, job }));
  const [add, input] = fileButton(t("avatar.add"), "image/*", true, (files) => take(files));
  add.append(h("small", {}, t("add.source.hint")));
  const progress = h("p.quiet", { role: "status" });
  const grid = h("ul.photos", { "aria-label": t("avatar.photos") });
  const missing = h("p");
  const name = h("input", { type: "text", maxLength: 60, autocomplete: "off" });
  const consent = h("input", { type: "text", maxLength: 500, autocomplete: "off" });
  const tune = h("button.main", { type: "button", disabled: true, onclick: () => startTuning() }, t("avatar.tune"));
  const hint = h("p.quiet", {}, t("avatar.first"));
  const cannot = h("p.warning", { hidden: true }, t("avatar.cannot"));
  const work = h("div.stack");
  root.append(
    h("div.intro", {}, h("h2", {}, t("avatar.title")), h("p.quiet", {}, t("avatar.intro"))),
    h(
      "div.columns",
      {},
      h("section.card", {}, h("h3", {}, t("avatar.photos")), h("div.adding", {}, add, input), progress, grid, missing),
      h(
        "section.card",
        {},
        h("label.field", {}, h("span", {}, t("avatar.name")), name),
        h("label.field", {}, h("span", {}, t("avatar.consent")), consent, h("small.quiet", {}, t("avatar.consent.hint"))),
        cannot,
        h("div.go", {}, tune, hint),
        work,
      ),
    ),
  );
  dropZone(root, (files) => take(files));
  watch(() => {
    cannot.hidden = store.status?.can_tune !== false;
    hint.hidden = photos.length > 0;
    tune.disabled = !photos.length || !store.status?.can_tune || job !== null;
  });

  async function take(files) {
    try {
      for (const file of files) {
        const sent = await send(file, file.name, (share) => {
          progress.textContent = t("adding", { name: file.name, percent: Math.round(100 * share) });
        });
        if (sent.kind === "photo") photos.push({ id: sent.id, name: sent.name });
      }
      await judge();
    } catch (error) {
      progress.textContent = "";
      notice(error.message);
    }
  }

  async function judge() {
    remembered();
    change();
    if (!photos.length) {
      grid.replaceChildren();
      missing.textContent = "";
      return;
    }
    progress.textContent = t("avatar.checking");
    const answer = await post("/api/avatars/check", { files: photos.map((photo) => photo.id) });
    progress.textContent = "";
    grid.replaceChildren(...answer.photos.map((one, place) => photoCard(one, photos[place].name)));
    missing.textContent = answer.missing.length ? t("avatar.missing", { list: answer.missing.join(", ") }) : t("avatar.complete");
  }

  function photoCard(one, title) {
    const drop = async () => {
      photos = photos.filter((photo) => photo.id !== one.file);
      await remove(`/api/files/${one.file}`).catch(() => {});
      await judge().catch((error) => notice(error.message));
    };
    const percent = one.likeness === null ? null : Math.max(0, Math.round(100 * one.likeness));
    const likeness =
      percent === null ? null : h("span.likeness", { title: t("avatar.likeness.hint") }, h("meter", { min: 0, max: 100, low: 45, high: 60, optimum: 90, value: percent, "aria-hidden": "true" }), t("avatar.likeness", { percent }));
    return h(
      "li.photo",
      {},
      h("img", { src: `/api/files/${one.file}`, alt: title }),
      h("div", {}, h(`span.verdict.${one.verdict.replaceAll(" ", "-")}`, {}, t(`verdict.${one.verdict}`)), h("p", {}, one.reason), likeness),
      h("button.corner", { type: "button", "aria-label": t("remove", { name: title }), onclick: drop }, "×"),
    );
  }

  async function startTuning() {
    try {
      const asked = { files: photos.map((photo) => photo.id), name: name.value.trim() };
      if (consent.value.trim()) asked.consent = consent.value.trim();
      const started = await post("/api/avatars/tuned", asked);
      job = started.id;
      remembered();
      watchJob();
    } catch (error) {
      notice(error.message);
    }
  }

  function watchJob() {
    const bar = h("progress", { max: 100, "aria-label": t("avatar.tune") });
    const line = h("p.quiet", { role: "status" });
    const cancel = h("button.quiet-button", { type: "button", onclick: () => remove(`/api/jobs/${job}`) }, t("cancel"));
    work.replaceChildren(bar, line, cancel);
    change();
    follow(job, (now) => {
      line.textContent = describe(now);
      if (now.done) bar.value = now.done;
      if (!isEnded(now)) return;
      bar.remove();
      cancel.remove();
      job = null;
      remembered();
      change();
      if (now.state === "done") finish(now).catch((error) => notice(error.message));
    });
  }

  async function finish(now) {
    const { avatar, name: called, num_shots: count, seconds, reason, dropped } = now.result;
    await refreshPeople(avatar);
    const link = h("a.main.small", { href: `/api/avatars/${avatar}/file`, download: `${called}.avatar` }, t("avatar.file"));
    const use = h("button.quiet-button", { type: "button", onclick: () => openTab("animate") }, t("avatar.use"));
    const place = h("div");
    const notes = [reason, ...dropped].map((text) => h("li", {}, text));
    work.replaceChildren(h("p", {}, t("avatar.done", { name: called, count, time: duration(seconds) })), place, h("ul.advice", {}, ...notes), h("div.tools", {}, link, use));
    const untuned = await post("/api/avatars", { files: now.asked.files.slice(0, 1), name: t("avatar.before") });
    const pictures = await Promise.all([untuned.id, avatar].map((id) => postForBlob("/api/stills", { avatar: id, controls: SHOWN, format: "webp" })));
    await remove(`/api/avatars/${untuned.id}`);
    const face = await get(`/api/avatars/${avatar}/face`);
    place.replaceChildren(compare(...pictures.map((blob) => URL.createObjectURL(blob)), face));
  }

  addEventListener("restarted", () => {
    photos = [];
    job = null;
    work.replaceChildren();
    judge();
  });

  // After a reload: the photos that the server still has, and the job that still runs.
  (async () => {
    const kept = JSON.parse(localStorage.getItem(KEY) || "{}");
    if (!kept.photos?.length && !kept.job) return;
    const [files, jobs] = await Promise.all([get("/api/files"), get("/api/jobs")]);
    photos = (kept.photos ?? []).filter((photo) => files.some((file) => file.id === photo.id));
    job = jobs.some((one) => one.id === kept.job) ? kept.job : null;
    await judge();
    if (job) watchJob();
  })().catch((error) => notice(error.message));
}
