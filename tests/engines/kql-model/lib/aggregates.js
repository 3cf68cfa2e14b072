'use strict';
// Aggregates of summarize. In: the call's argument nodes, compiled over the group's rows.
// Out: {type, of(rows, ctx)} per result column. Nulls are skipped, as the manual's table of defaults says.
// What depends on an order that the manual leaves undefined becomes an open value (values.js) or a note.
const V = require('./values');
const O = require('./ops');
const { aggregates } = require('./registry');

const { refuse, open, keyOf, wrap64 } = V;

/** Defines `name` and, with `ifName`, its conditional form whose last argument is the predicate. */
function define(name, ifName, make) {
  aggregates.set(name, (given, compile) => make(given, compile, null, name));
  if (ifName) {
    aggregates.set(ifName, (given, compile) => {
      const cond = compile(given[1] || refuse(`${ifName} without its condition`));
      if (cond.type !== 'bool') refuse(`${ifName} with a ${cond.type}`);
      return make([given[0], ...given.slice(2)], compile, (r, c) => O.met(cond.ev(r, c)), name);
    });
  }
}
const picked = (rows, cond, c) => (cond ? rows.filter((r) => cond(r, c)) : rows);
const values = (e, rows, cond, c) => picked(rows, cond, c).map((r) => O.live(e.ev(r, c))).filter((v) => v !== null);
const one = (given, name, n = 1) => (given.length === n ? given : refuse(`${name} with ${given.length} arguments`));

aggregates.set('count', (given) => (given.length ? refuse('count with an argument') : { type: 'long', of: (rows) => BigInt(rows.length) }));
aggregates.set('countif', (given, compile) => {
  const cond = compile(one(given, 'countif')[0]);
  if (cond.type !== 'bool') refuse(`countif of a ${cond.type}`);
  return { type: 'long', of: (rows, c) => BigInt(rows.filter((r) => O.met(cond.ev(r, c))).length) };
});
define('sum', 'sumif', (given, compile, cond) => {
  const e = compile(one(given, 'sum')[0]);
  if (e.type === 'real') return { type: 'real', of: (rows, c) => values(e, rows, cond, c).reduce((a, v) => a + v, 0) };
  if (!O.INTS.has(e.type) && e.type !== 'timespan') return refuse(`sum of ${e.type}`);
  return { type: e.type === 'int' ? 'long' : e.type, of: (rows, c) => values(e, rows, cond, c).reduce((a, v) => wrap64(a + v), 0n) };
});
define('avg', 'avgif', (given, compile, cond) => {
  const e = compile(one(given, 'avg')[0]);
  if (!O.isNum(e.type)) return refuse(`avg of ${e.type}`);
  return { type: 'real', of: (rows, c) => {
    const vs = values(e, rows, cond, c);
    if (!vs.length) return NaN;
    return (e.type === 'real' ? vs.reduce((a, v) => a + v, 0) : Number(vs.reduce((a, v) => a + v, 0n))) / vs.length;
  } };
});
const extreme = (name, ifName, better) => define(name, ifName, (given, compile, cond) => {
  const e = compile(one(given, name)[0]);
  if (!O.isNum(e.type) && e.type !== 'datetime' && e.type !== 'timespan') return refuse(`${name} of ${e.type}`);
  return { type: e.type, of: (rows, c) => values(e, rows, cond, c).reduce((a, v) => {
    if (Number.isNaN(v)) refuse(`${name} of NaN`);
    return a === null || better(v, a) ? v : a;
  }, null) };
});
extreme('min', 'minif', (v, a) => v < a);
extreme('max', 'maxif', (v, a) => v > a);
const spread = (name, ifName, sample, root) => define(name, ifName, (given, compile, cond) => {
  const e = compile(one(given, name)[0]);
  if (!O.isNum(e.type)) return refuse(`${name} of ${e.type}`);
  return { type: 'real', of: (rows, c) => {
    const vs = values(e, rows, cond, c).map(Number);
    if (!vs.length) return 0;
    if (sample && vs.length === 1) return open(`${name} of a single value`);
    const mean = vs.reduce((a, v) => a + v, 0) / vs.length;
    const v = vs.reduce((a, x) => a + (x - mean) ** 2, 0) / (vs.length - (sample ? 1 : 0));
    return root ? Math.sqrt(v) : v;
  } };
});
spread('stdev', 'stdevif', true, true); spread('stdevp', null, false, true);
spread('variance', 'varianceif', true, false); spread('variancep', 'variancepif', false, false);

const distinct = (name, ifName, note) => define(name, ifName, (given, compile, cond) => {
  if (name === 'dcount' && given.length > 1) refuse('dcount with an accuracy');
  const e = compile(one(given, name)[0]);
  return { type: 'long', of: (rows, c) => {
    if (note) c.notes.add(note);
    return BigInt(new Set(values(e, rows, cond, c).map(keyOf)).size);
  } };
});
distinct('dcount', 'dcountif', 'dcount is counted exactly here, the engine estimates it');
distinct('count_distinct', 'count_distinctif', null);

const gather = (name, ifName, unique) => define(name, ifName, (given, compile, cond) => {
  const e = compile(given[0]), limit = given[1] ? compile(given[1]).constant : undefined;
  if (given.length > 2 || (given[1] && typeof limit !== 'bigint')) refuse(`${name} with these arguments`);
  return { type: 'dynamic', of: (rows, c) => {
    if (!c.ordered) c.notes.add(`the order of ${name} over unsorted rows is not defined`);
    let vs = values(e, rows, cond, c).map((v) => V.toDynamic(e.type, v));
    if (unique) vs = vs.flat(); // a set takes the elements of arrays
    if (unique && vs.some((v) => v === null || typeof v === 'object')) refuse(`${name} of nested arrays, bags, times or nulls in arrays`);
    if (unique) vs = [...new Map(vs.map((v) => [keyOf(v), v])).values()];
    if (limit !== undefined && BigInt(vs.length) > limit && (unique || !c.ordered)) return open(`which elements ${name} keeps`);
    return limit === undefined ? vs : vs.slice(0, Number(limit));
  } };
});
gather('make_list', 'make_list_if', false); gather('make_set', 'make_set_if', true);
aggregates.set('make_list_with_nulls', (given, compile) => {
  const e = compile(one(given, 'make_list_with_nulls')[0]);
  return { type: 'dynamic', of: (rows, c) => rows.map((r) => V.toDynamic(e.type, O.live(e.ev(r, c)))) };
});

function nearestRank(vs, p) {
  const sorted = [...vs].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)), n = sorted.length;
  if (!n) return null;
  return sorted[Math.max(Math.ceil((p * n) / 100 - 1e-9), 1) - 1];
}
function percentile(e, p, cond) {
  if (!O.isNum(e.type) && e.type !== 'datetime' && e.type !== 'timespan') refuse(`percentile of ${e.type}`);
  return { type: e.type === 'int' ? 'long' : e.type, of: (rows, c) => { c.notes.add('percentile is the nearest rank here, the engine estimates it'); return nearestRank(values(e, rows, cond, c), p(c)); } };
}
const rankOf = (e) => (c) => {
  const p = Number(e.ev(null, c));
  return p >= 0 && p <= 100 ? p : refuse('percentile of this rank');
};
aggregates.set('percentile', (given, compile) => percentile(compile(one(given, 'percentile', 2)[0]), rankOf(compile(given[1])), null));
aggregates.set('percentiles', (given, compile, many) => {
  const e = compile(given[0]);
  return given.slice(1).map((g) => percentile(e, rankOf(compile(g)), null));
});
aggregates.set('percentiles_array', (given, compile) => {
  const e = compile(given[0]), ps = given.slice(1).map((g) => compile(g));
  const ranks = ps.length === 1 && ps[0].type === 'dynamic' ? ps[0].constant.map((p) => () => Number(p)) : ps.map(rankOf);
  const each = ranks.map((p) => percentile(e, p, null));
  return { type: 'dynamic', of: (rows, c) => each.map((p) => V.toDynamic(e.type, p.of(rows, c))) };
});

/** The value that all rows share, else open: the manual lets the engine take any of them. */
function shared(e, rows, c, why) {
  if (!rows.length) return e.type === 'string' ? '' : null;
  const first = e.ev(rows[0], c);
  if (typeof first === 'symbol') return first;
  return rows.every((r) => keyOf(e.ev(r, c)) === keyOf(first)) ? first : open(why);
}
for (const name of ['take_any', 'any']) {
  aggregates.set(name, (given, compile, expand) => expand(given).map((e) => ({ type: e.type, of: (rows, c) => {
    return shared(e, rows, c, `which row's value ${name} takes`);
  } })));
}
const arg = (name, better) => aggregates.set(name, (given, compile, expand) => {
  const by = compile(given[0]);
  if (!O.isNum(by.type) && by.type !== 'datetime' && by.type !== 'timespan') refuse(`${name} by ${by.type}`);
  const best = (rows, c) => {
    let top = [], value = null;
    for (const r of rows) {
      const v = O.live(by.ev(r, c));
      if (Number.isNaN(v)) refuse(`${name} by NaN`);
      if (v === null) continue;
      if (value === null || better(v, value)) { top = [r]; value = v; } else if (v === value) top.push(r);
    }
    if (value !== null) return top;
    return rows.slice(0, 1); // all null: the manual's example shows the first row
  };
  const seen = new WeakMap(); // the rows of one group are asked once per column
  const bestOf = (rows, c) => { if (!seen.has(rows)) seen.set(rows, best(rows, c)); return seen.get(rows); };
  const rest = expand(given.slice(1), given[0]);
  return [{ type: by.type, of: (rows, c) => { const t = bestOf(rows, c); return t.length ? by.ev(t[0], c) : null; } },
    ...rest.map((e) => ({ type: e.type, of: (rows, c) => shared(e, bestOf(rows, c), c, `which of the tied rows ${name} takes`) }))];
});
arg('arg_max', (v, a) => v > a);
arg('arg_min', (v, a) => v < a);
