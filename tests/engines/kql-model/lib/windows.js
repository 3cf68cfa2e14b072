'use strict';
// Window functions over serialized rows: prev, next, row_number, row_cumsum, row_rank_*, row_window_session.
// In: argument nodes and two compilers (one that forbids nested windows). Out: an expression that reads
// ctx.win = {rows, i, state}. Must never know which operator walks the rows.
const { refuse, wrap64 } = require('./values');
const O = require('./ops');
const { windows } = require('./registry');

function neighbour(sign) {
  return (given, inner, plain) => {
    if (given.length < 1 || given.length > 3) refuse('prev or next with these arguments');
    const e = plain(given[0]);
    const offset = given[1] ? plain(given[1]).constant : 1n;
    if (typeof offset !== 'bigint' || offset < 0n) refuse('prev or next with this offset');
    const fallback = given[2] ? O.widen(plain(given[2]), e.type).ev : () => (e.type === 'string' ? '' : null);
    return { type: e.type, ev: (r, c) => {
      const row = c.win.rows[c.win.i + sign * Number(offset)];
      return row === undefined ? fallback(r, c) : e.ev(row, c);
    } };
  };
}
windows.set('prev', neighbour(-1));
windows.set('next', neighbour(1));

/** A running value: `start(row, ctx)` at the first row and at a restart, `step(state, row, ctx)` after it. */
function running(type, restart, start, step, shown = (s) => s) {
  const key = {};
  return { type, ev: (r, c) => {
    const { state, i } = c.win;
    if (i > 0 && !state.has(key)) refuse('a window function that is not evaluated on every row');
    const seen = state.get(key);
    if (seen && seen.i !== i - 1) refuse('a window function that is not evaluated on every row');
    const again = restart ? O.met(restart(r, c)) : false;
    const value = !seen || again === true ? start(r, c) : step(seen.value, r, c);
    state.set(key, { i, value });
    return shown(value);
  } };
}
const flag = (node, compile) => {
  if (!node) return null;
  const e = compile(node);
  return e.type === 'bool' ? e.ev : refuse('a restart that is no bool');
};
windows.set('row_number', (given, inner) => {
  const from = given[0] ? inner(given[0]).constant : 1n;
  if (typeof from !== 'bigint') refuse('row_number from a value that is no literal');
  return running('long', flag(given[1], inner), () => from, (n) => n + 1n);
});
windows.set('row_cumsum', (given, inner) => {
  const e = inner(given[0]);
  if (!O.isNum(e.type)) refuse(`row_cumsum of ${e.type}`);
  const value = (r, c) => { const v = O.live(e.ev(r, c)); return v === null ? refuse('row_cumsum of null') : v; };
  return running(e.type === 'int' ? 'long' : e.type, flag(given[1], inner), value, (s, r, c) => (e.type === 'real' ? s + value(r, c) : wrap64(s + value(r, c))));
});
const rank = (dense) => (given, inner) => {
  const e = inner(given[0]);
  const first = (r, c) => ({ n: 1n, rank: 1n, v: O.live(e.ev(r, c)) });
  return running('long', flag(given[1], inner), first, (s, r, c) => {
    const v = O.live(e.ev(r, c));
    if (v === null || s.v === null) refuse('row_rank of null');
    return { n: s.n + 1n, v, rank: v === s.v ? s.rank : dense ? s.rank + 1n : s.n + 1n };
  }, (s) => s.rank);
};
windows.set('row_rank_dense', rank(true));
windows.set('row_rank_min', rank(false));
windows.set('row_window_session', (given, inner) => {
  const [e, fromFirst, between] = given.slice(0, 3).map(inner);
  if (e.type !== 'datetime' || fromFirst.type !== 'timespan' || between.type !== 'timespan') refuse('row_window_session with these arguments');
  const value = (r, c) => { const v = O.live(e.ev(r, c)); return v === null ? refuse('row_window_session of null') : v; };
  const first = (r, c) => { const v = value(r, c); return { start: v, last: v }; };
  return running('datetime', flag(given[3], inner), first, (s, r, c) => {
    const v = value(r, c);
    // both distances: equals or exceeds
    if (v - s.last >= between.ev(r, c) || v - s.start >= fromFirst.ev(r, c)) return { start: v, last: v };
    return { start: s.start, last: v };
  }, (s) => s.start);
});
