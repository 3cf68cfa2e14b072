'use strict';
// A job from end to end: schemas and text to a cached plan, rows in, rows out.
// In: {query, tables, watchlists} and the run's `now`. Out: {columns, rows, notes} or {error}.
const V = require('./values');
const S = require('./syntax');
require('./functions');
require('./functions-time');
require('./functions-more');
require('./windows');
require('./aggregates');
const Q = require('./query');
require('./operators');
require('./summarize');
require('./combine');
require('./scan');
require('./expand');

const { refuse } = V;
const worlds = new Map(); // schema -> { globals, plans by query text }

function planFor(query, tables, watchlists, analyzed) {
  const shape = (ts) => Object.entries(ts || {}).map(([n, t]) => [n, Object.entries(t.columns)]);
  const key = JSON.stringify([shape(tables), shape(watchlists), analyzed]);
  if (!worlds.has(key)) worlds.set(key, { globals: S.globalsFor(tables || {}, watchlists || {}), plans: new Map(), seen: new Map() });
  const world = worlds.get(key);
  if (world.plans.size > 2000) world.plans.clear(); // trees are large
  if (!world.plans.has(query)) world.plans.set(query, compile(query, world, analyzed, { tables: tables || {}, watchlists: watchlists || {} }));
  return world.plans.get(query);
}
function compile(query, world, analyzed, tables) {
  try {
    const { tree, columns } = S.analyze(query, world.globals, world.seen, analyzed);
    const plan = Q.build(tree, tables);
    if (!tables.unchecked) agree(plan.cols, columns);
    return { plan };
  } catch (e) { return { error: e }; }
}
/**
 * The model's result columns against the analyzer's, which alone believes that scan adds `match_id` and says int
 * where the recorded answers have long (hourofday and others).
 */
function agree(mine, theirs) {
  if (!theirs) return;
  const text = (cols) => cols.map((x) => `${x.name}:${x.type}`).join(', ');
  const loose = (cols) => text(cols).replace(/:int\b/g, ':long');
  const known = text(theirs), without = loose(theirs.filter((x) => x.name !== 'match_id' || mine.some((y) => y.name === x.name)));
  if (loose(theirs) !== loose(mine) && without !== loose(mine)) refuse(`result columns (${text(mine)}) that the analyzer sees otherwise (${known})`);
}

/** An input cell in its column's type; missing is null, "" for strings. */
function readCell(v, type) {
  if (v === undefined || v === null) return type === 'string' ? '' : null;
  const wrong = () => { throw new V.Refusal(`input: ${JSON.stringify(v)} in a column of type ${type}`); };
  switch (type) {
    case 'string': return typeof v === 'string' ? v : wrong();
    case 'bool': return typeof v === 'boolean' ? v : wrong();
    case 'long': case 'int':
      if (typeof v === 'string' && /^-?\d+$/.test(v)) return BigInt(v);
      return Number.isSafeInteger(v) ? BigInt(v) : wrong();
    case 'real': return typeof v === 'number' ? v : ({ NaN, Infinity, '-Infinity': -Infinity })[v] ?? wrong();
    case 'datetime': return typeof v === 'string' ? V.parseTime(v) ?? wrong() : wrong();
    case 'timespan': return Number.isSafeInteger(v) ? BigInt(v) * V.MS : typeof v === 'string' ? V.parseSpan(v) ?? wrong() : wrong();
    case 'dynamic': return V.parseJson(JSON.stringify(v));
    default: return wrong();
  }
}
const readTables = (ts) => Object.fromEntries(Object.entries(ts || {}).map(([name, t]) => {
  const cols = Object.entries(t.columns);
  return [name, t.rows.map((r) => (Array.isArray(r) ? r : cols.map(([n, type]) => readCell(r[n], type))))];
}));

/** A result cell as JSON text. */
function writeCell(v, type) {
  if (v === null) return 'null';
  if (typeof v === 'symbol') throw new TypeError('Symbol: ' + v.description);
  switch (type) {
    case 'datetime': return JSON.stringify(V.resultTime(v));
    case 'timespan': return JSON.stringify(V.showSpan(v));
    case 'real': return Number.isFinite(v) ? JSON.stringify(v) : JSON.stringify(String(v));
    case 'dynamic': return dynamicJson(v);
    case 'string': return JSON.stringify(v);
    default: return String(v);
  }
}
const dynamicJson = (v) => {
  if (typeof v === 'number') return Number.isFinite(v) ? JSON.stringify(v) : JSON.stringify(String(v));
  if (Array.isArray(v)) return '[' + v.map(dynamicJson).join(',') + ']';
  if (v instanceof Map) return '{' + [...v].map(([k, x]) => JSON.stringify(k) + ':' + dynamicJson(x)).join(',') + '}';
  return V.showDynamic(v);
};

/** Runs one job; the answer is JSON text: {"id","columns","rows","notes"} or {"id","error"}. */
function runJob(job, now, analyzed = true) {
  try {
    const built = planFor(job.query, job.tables, job.watchlists, analyzed);
    if (built.error) throw built.error;
    const c = { memo: new Map(), now: V.parseTime(now), tables: readTables(job.tables), watchlists: readTables(job.watchlists), notes: new Set(), win: null, scan: null, ordered: false };
    const { plan } = built, rows = plan.run(c);
    const text = rows.map((r) => '{' + plan.cols.map((x, i) => JSON.stringify(x.name) + ':' + writeCell(r[i], x.type)).join(',') + '}');
    const notes = c.notes.size ? `,"notes":${JSON.stringify([...c.notes])}` : '';
    return `{"id":${JSON.stringify(job.id)},"columns":${JSON.stringify(plan.cols)},"ordered":${plan.serialized},"rows":[${text.join(',')}]${notes}}`;
  } catch (e) {
    return `{"id":${JSON.stringify(job.id)},"error":${JSON.stringify(errorText(e))}}`;
  }
}
function errorText(e) {
  if (e instanceof V.Refusal) return e.message;
  if (e instanceof TypeError && /Symbol/.test(e.message)) return `not implemented: a value that the manual leaves open is used (${e.message})`;
  return process.env.KQL_MODEL_DEBUG ? e.stack : `the model failed: ${e.message}`;
}

module.exports = { runJob, writeCell };
