// What the parts of the page share: who can be animated, what can drive, what is chosen. `watch` is told of changes.
import { get, remove } from "/static/api.js";

const watchers = [];
export const store = {
  status: null, // of the server
  people: [],
  files: [], // that can drive
  person: null, // ids of what is chosen
  driver: null, // {file: id} or {motion: name}
};

export function watch(watcher) {
  watchers.push(watcher);
}

export function change(what = {}) {
  Object.assign(store, what);
  localStorage.setItem("headcast-chosen", JSON.stringify({ person: store.person, driver: store.driver }));
  for (const watcher of watchers) watcher();
}

// Reads all anew, as after a reload: what was chosen stays chosen where it is still there.
export async function refresh() {
  const [status, people, files] = await Promise.all([get("/api/status"), get("/api/avatars"), get("/api/files")]);
  const chosen = JSON.parse(localStorage.getItem("headcast-chosen") || "{}");
  const drivers = files.filter((file) => file.kind === "video" || file.kind === "motion" || isDriver(file.id));
  const person = people.some((one) => one.id === chosen.person) ? chosen.person : people[0].id;
  const driver =
    chosen.driver && (chosen.driver.motion || drivers.some((file) => file.id === chosen.driver.file))
      ? chosen.driver
      : { motion: "talk" };
  const before = localStorage.getItem("headcast-run");
  localStorage.setItem("headcast-run", status.run);
  change({ status, people, files: drivers, person, driver });
  return before !== null && before !== status.run;
}

export async function refreshPeople(chosen = null) {
  const people = await get("/api/avatars");
  const person = chosen ?? (people.some((one) => one.id === store.person) ? store.person : people[0].id);
  change({ people, person });
}

export async function removePerson(id) {
  await remove(`/api/avatars/${id}`);
  await refreshPeople();
}

export const personOf = (id) => store.people.find((one) => one.id === id);

// Photos are sent for both columns; those of the right one are remembered.
const driving = new Set(JSON.parse(sessionStorage.getItem("headcast-drivers") || "[]"));
const isDriver = (id) => driving.has(id);
export function addDriver(file) {
  driving.add(file.id);
  sessionStorage.setItem("headcast-drivers", JSON.stringify([...driving]));
  change({ files: [...store.files, file], driver: { file: file.id } });
}
