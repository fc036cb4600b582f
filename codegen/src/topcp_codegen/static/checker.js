// The page's checker: sends the text to POST /check, shows each problem at its line, and what will be written.
// Nothing from the text or the answer ever becomes markup: it is put into the page as text nodes.
"use strict";

const PAUSE = 500; // milliseconds without a key before a check
const part = (id) => document.getElementById(id);
let timer = 0;
let asked = 0;

function element(name, { text = "", kind = "" } = {}, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  if (kind) made.className = kind;
  made.append(...children);
  return made;
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

async function check() {
  clearTimeout(timer);
  const mine = ++asked;
  const text = part("text").value;
  if (!text.trim()) return show({ problems: [], writes: null }, "");
  const question = { text, level: part("level").value, release: part("release").value || null };
  part("verdict").textContent = "checking…";
  try {
    const answer = await ask(question);
    if (mine === asked) show(answer, verdict(answer));
  } catch (error) {
    if (mine === asked) show({ problems: [], writes: null }, element("span", { text: error.message, kind: "invalid" }));
  }
}

async function ask(question) {
  const headers = { "Content-Type": "application/json" };
  const got = await fetch("check", { method: "POST", headers, body: JSON.stringify(question) });
  const answer = await got.json();
  if (!got.ok) throw new Error(answer.Message);
  return answer;
}

function verdict({ valid, problems, release }) {
  const errors = problems.filter((one) => one.severity === "error").length;
  const found = [[errors, "error"], [problems.length - errors, "warning"]].filter(([number]) => number);
  const counts = found.map(([number, what]) => counted(number, what)).join(", ");
  const word = element("span", { text: valid ? "valid" : "invalid", kind: valid ? "valid" : "invalid" });
  const whose = `for release ${release.asked}${release.named ? "" : " (none was named)"}`;
  return element("span", {}, word, ` ${whose}${counts && `; ${counts}`}${release.note ? `. ${release.note}` : ""}`);
}

function show({ problems, writes }, words) {
  part("verdict").replaceChildren(words);
  part("problems").replaceChildren(...problems.map(problemShown));
  part("writes").replaceChildren(...(writes ? written(writes) : []));
  number(new Map(problems.map((one) => [one.line, one.severity]).reverse()));
}

function problemShown(problem) {
  const place = element("button", { text: `line ${problem.line}` });
  place.addEventListener("click", () => go(problem.line, problem.column ?? 1));
  const head = [...(problem.line ? [place] : []), ` ${problem.message} `, element("span", { text: problem.code, kind: "code" })];
  const hint = problem.hint ? [element("div", { text: problem.hint, kind: "hint" })] : [];
  return element("li", { kind: problem.severity }, ...head, ...excerpt(problem), ...hint);
}

function excerpt({ line, column }) {
  const source = line && part("text").value.split("\n")[line - 1];
  return source && column ? [element("pre", { text: `${source}\n${" ".repeat(column - 1)}^` })] : [];
}

function written({ trees, objects, systematics }) {
  const tables = trees.map((tree) => table(`tree ${tree.name}: ${counted(tree.branches.length, "branch").replace(/hs$/, "hes")}`, tree.branches));
  const names = Object.entries(systematics).map(([name, starts]) => ({ name, block: starts.map((one) => `${one}*`).join(" ") }));
  return [...tables, table("beside the trees", objects), table("systematics: how their names begin", names)];
}

function table(title, rows) {
  const body = rows.map(({ name, block }) => element("tr", {}, element("td", { text: name }), element("td", { text: block })));
  return element("details", {}, element("summary", { text: title }), element("table", {}, ...body));
}

function number(marks) {
  const lines = part("text").value.split("\n").map((_, at) => element("div", { text: `${at + 1}`, kind: marks.get(at + 1) ?? "" }));
  part("lines").replaceChildren(...lines);
  scroll();
}

function scroll() {
  part("lines").scrollTop = part("text").scrollTop;
}

function go(line, column) {
  const text = part("text");
  const start = text.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  text.focus();
  text.setSelectionRange(start, start);
  text.scrollTop = (line - 4) * (text.scrollHeight / text.value.split("\n").length);
}

async function take(file) {
  if (!file) return;
  part("text").value = await file.text();
  check();
}

function listen() {
  part("text").addEventListener("input", () => {
    number(new Map());
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  });
  part("text").addEventListener("scroll", scroll);
  part("form").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  part("form").addEventListener("change", (event) => (event.target.id === "file" ? take(event.target.files[0]) : check()));
  document.addEventListener("keydown", (event) => event.ctrlKey && event.key === "Enter" && check());
  for (const [kind, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    part("editor").addEventListener(kind, (event) => {
      event.preventDefault();
      part("editor").classList.toggle("over", over);
    });
  }
  part("editor").addEventListener("drop", (event) => take(event.dataTransfer.files[0]));
  number(new Map());
}

listen();
