'use strict';
// Whether two answers to one query are the same: rows as a bag, or in order where order is known, reals but for rounding.
// In: two {columns, rows}. Out: null, or what differs.

const near = (a, b) => a === b || (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-300));
function equal(a, b) {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((x, i) => equal(x, b[i]));
  if (a && b && typeof a === 'object' && typeof b === 'object') { const k = Object.keys(a); return k.length === Object.keys(b).length && k.every((x) => x in b && equal(a[x], b[x])); }
  return near(a, b);
}
const loose = (type) => (type === 'int' ? 'long' : type);
/** Rounded, so that rows can be sorted alike before they are compared. */
const rough = (v) => JSON.stringify(v, (_, x) => (typeof x === 'number' && !Number.isInteger(x) ? Number(x.toPrecision(9)) : x));

function difference(want, got, ordered) {
  const names = want.columns.map((x) => x.name), others = got.columns.map((x) => x.name);
  if (JSON.stringify(names) !== JSON.stringify(others)) return `columns ${others} for ${names}`;
  const types = want.columns.map((x) => loose(x.type)), found = got.columns.map((x) => loose(x.type));
  if (JSON.stringify(types) !== JSON.stringify(found)) return `types ${found} for ${types}`;
  if (want.rows.length !== got.rows.length) return `${got.rows.length} rows for ${want.rows.length}`;
  const cells = (rows) => rows.map((r) => names.map((n) => r[n]));
  const bag = (rows) => (ordered ? rows : rows.map((r) => [rough(r), r]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)).map((x) => x[1]));
  const a = bag(cells(want.rows)), b = bag(cells(got.rows)), at = a.findIndex((r, i) => !equal(r, b[i]));
  return at < 0 ? null : `row ${JSON.stringify(b[at])} for ${JSON.stringify(a[at])}`;
}

module.exports = { difference };
