'use strict';
// A job taken apart: every stage of its pipes with the rows that the model put in and got out.
// In: a job as the model takes it. Out: for each stage a job of its own (one operator over `stage_input`, or a union over the job's
// tables), with the model's answer. Must never know what another engine says.
const path = require('path');

const model = path.join(__dirname, '..', '..', 'kql-model', 'lib');
const { runJob, writeCell } = require(path.join(model, 'model'));
const Q = require(path.join(model, 'query'));
const S = require(path.join(model, 'syntax'));

const { words } = require('../lacks.json');

const TIES = 'sort by leaves the order of equal rows open; here it is the order of the input';
let seen = []; // the stages of the running job

Q.watcher.stage = (node, left, sc, make) => {
  let input = null;
  const tapped = left && { ...left, run: (c) => { const rows = left.run(c); c.notes.delete(TIES); input = rows; return rows; } };
  const plan = make(node, tapped, sc);
  return { ...plan, run: (c) => {
    input = null;
    const rows = plan.run(c);
    const tied = c.notes.has(TIES);
    if (input || !left) seen.push({ node, sc, cols: left ? left.cols : null, input, plan, rows, tied, c });
    return rows;
  } };
};

const written = (cols, rows) => rows.map((r) => Object.fromEntries(cols.map((x, i) => [x.name, JSON.parse(writeCell(r[i], x.type))])));
const table = (cols, rows) => ({ columns: Object.fromEntries(cols.map((x) => [x.name, x.type])), rows: written(cols, rows) });
const mentions = (text, name) => new RegExp(`(^|[^\\w.])${name.replace(/[$]/g, '\\$&')}($|[^\\w])`).test(text);

/** The query's lets: their text, and where one is a table, its rows come instead. */
function letsOf(sc) {
  let top = sc;
  for (; top.parent; top = top.parent) if (top.vars.size) return null; // inside a function: its arguments are not at hand
  return top.vars;
}
const statements = new WeakMap(); // expression of a let -> its text
function textOfLets(node) {
  let root = node;
  while (root.Parent) root = root.Parent;
  if (!statements.has(root)) {
    const lets = S.list(root.Statements).filter((st) => S.kindOf(st) === 'LetStatement');
    statements.set(root, new Map(lets.map((st) => [S.nameOf(st.Name), S.text(st)])));
  }
  return statements.get(root);
}

/** The let as it is written; a time that takes a word which the engine has not comes as its value, computed by the model. */
function textOfLet(name, what, texts, c) {
  const text = texts.get(name);
  if (what.kind !== 'scalar' || what.row || what.expr.type !== 'datetime' || !text.match(/[\w-]+/g).some((w) => Object.hasOwn(words, w))) return text;
  return `let ${name} = datetime(${JSON.parse(writeCell(what.expr.ev(null, c), 'datetime'))})`;
}

/** The job of one stage, or null where it cannot stand alone. */
function jobOf({ node, sc, cols, input, c }, job) {
  const bound = letsOf(sc);
  if (!bound) return null;
  const texts = textOfLets(node), tables = {}, before = [];
  let text = S.text(node), around = text;
  for (const [name, what] of [...bound].reverse()) {
    if (!mentions(around, name)) continue;
    if (what.kind === 'table') tables[name] = table(what.plan.cols, what.plan.run(c));
    else { const let_ = textOfLet(name, what, texts, c); before.unshift(`${let_};`); around += ` ${let_}`; }
  }
  for (const [name, stored] of Object.entries(job.tables || {})) if (mentions(around, name)) tables[name] = stored;
  if (cols) { tables.stage_input = table(cols, input); text = `stage_input | ${text}`; }
  const watchlists = Object.fromEntries(Object.entries(job.watchlists || {}).filter(([name]) => around.includes(name)));
  return { query: [...before, text].join('\n'), tables, watchlists, now: job.now };
}

/** [{query, tables, watchlists, now, operator, ordered, answer}] of a job; none where the model does not run it. */
function stagesOf(job, now) {
  seen = [];
  const answer = JSON.parse(runJob(job, now, false));
  if (answer.error) return { error: answer.error, stages: [], open: 0 };
  const stages = [], all = seen;
  let open = 0;
  for (const stage of all) {
    try {
      const own = jobOf(stage, { ...job, now });
      const out = table(stage.plan.cols, stage.rows);
      const operator = S.text(stage.node).split(' ')[0];
      if (own) stages.push({ ...own, operator, ordered: operator === 'sort' && !stage.tied, answer: { columns: stage.plan.cols, rows: out.rows } });
    } catch (e) {
      if (!/Symbol/.test(e.message)) throw e;
      open += 1; // the rows hold a value that the manual leaves open
    }
  }
  return { stages, open };
}

module.exports = { stagesOf };
