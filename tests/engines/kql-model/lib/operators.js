'use strict';
// The operators of the pipe that work row by row or reorder rows: where to render.
// In: the operator's node, the plan on its left, the scope. Out: a plan. `serialized` says that the order of rows is
// known; it is kept by exactly the operators that the manual's page on window functions lists.
const V = require('./values');
const S = require('./syntax');
const E = require('./expr');
const O = require('./ops');
const Q = require('./query');

const { refuse } = V;
const { operators, walk } = Q;

/** A name that is not taken: `x`, then `x1`, `x2`. */
function fresh(name, used) {
  if (!used.has(name)) return name;
  for (let i = 1; ; i += 1) if (!used.has(name + i)) return name + i;
}
/** [{name, type, ev}] of the expressions of project, extend and the like. */
function projections(nodes, left, sc) {
  const inner = sc.over(left.cols, left.serialized), used = new Set(), out = [];
  let unnamed = 0;
  for (const n of nodes) {
    if (S.kindOf(n) === 'CompoundNamedExpression' || S.kindOf(n) === 'StarExpression') refuse('a list of names or `*`');
    const e = E.compile(n, inner);
    let name = E.columnName(n);
    if (name === null) { unnamed += 1; name = `Column${unnamed}`; }
    name = fresh(name, used);
    used.add(name);
    out.push({ name, type: e.type, ev: e.ev, given: S.kindOf(n) === 'SimpleNamedExpression' || S.kindOf(n) === 'NameReference' });
  }
  return out;
}

operators.set('FilterOperator', (node, left, sc) => {
  const cond = E.compile(node.Condition, sc.over(left.cols, left.serialized));
  if (cond.type !== 'bool') refuse(`where of a ${cond.type}`);
  return { ...left, run: (c) => {
    const rows = left.run(c), keep = walk(rows, c, (r) => O.met(cond.ev(r, c)));
    return rows.filter((_, i) => keep[i]);
  } };
});

function extend(node, left, sc, serialized) {
  const made = projections(S.list(node.Expressions), left, sc), cols = [...left.cols];
  const names = new Set(cols.map((x) => x.name)), at = [];
  for (const p of made) {
    let i = p.given ? cols.findIndex((x) => x.name === p.name) : -1;
    if (i < 0) {
      const name = fresh(p.name, names);
      names.add(name); i = cols.length; cols.push({ name, type: p.type });
    } else cols[i] = { name: p.name, type: p.type };
    at.push(i);
  }
  return { ...left, cols, serialized, run: (c) => walk(left.run(c), c, (r) => {
    const row = [...r];
    made.forEach((p, k) => { row[at[k]] = p.ev(r, c); });
    return row;
  }) };
}
operators.set('ExtendOperator', (node, left, sc) => extend(node, left, sc, left.serialized));
operators.set('SerializeOperator', (node, left, sc) => extend(node, { ...left, serialized: true }, sc, true));

operators.set('ProjectOperator', (node, left, sc) => {
  const made = projections(S.list(node.Expressions), left, sc);
  return { ...left, cols: made.map(({ name, type }) => ({ name, type })), run: (c) => walk(left.run(c), c, (r) => made.map((p) => p.ev(r, c))) };
});

const glob = (pattern) => new RegExp('^' + pattern.split('*').map((p) => p.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*') + '$', 's');
const matching = (n, cols) => {
  const name = S.kindOf(n) === 'StarExpression' ? '*' : S.kindOf(n) === 'NameReference' ? S.nameOf(n) || S.text(n) : refuse(`the column \`${S.text(n)}\``);
  return cols.map((_, i) => i).filter((i) => (name.includes('*') ? glob(name).test(cols[i].name) : cols[i].name === name));
};
const pick = (left, at) => ({ ...left, cols: at.map((i) => left.cols[i]), run: (c) => left.run(c).map((r) => at.map((i) => r[i])) });
operators.set('ProjectAwayOperator', (node, left) => {
  const gone = new Set(S.list(node.Expressions).flatMap((n) => matching(n, left.cols)));
  return pick(left, left.cols.map((_, i) => i).filter((i) => !gone.has(i)));
});
operators.set('ProjectKeepOperator', (node, left) => {
  const kept = new Set(S.list(node.Expressions).flatMap((n) => matching(n, left.cols)));
  return pick({ ...left, serialized: false }, left.cols.map((_, i) => i).filter((i) => kept.has(i)));
});
operators.set('ProjectReorderOperator', (node, left) => {
  const front = [...new Set(S.list(node.Expressions).flatMap((n) => matching(n, left.cols)))];
  return pick({ ...left, serialized: false }, [...front, ...left.cols.map((_, i) => i).filter((i) => !front.includes(i))]);
});
operators.set('ProjectRenameOperator', (node, left) => {
  const cols = [...left.cols];
  for (const n of S.list(node.Expressions)) {
    if (S.kindOf(n) !== 'SimpleNamedExpression' || S.kindOf(n.Expression) !== 'NameReference') refuse('this renaming');
    const i = left.cols.findIndex((x) => x.name === S.nameOf(n.Expression));
    cols[i] = { ...cols[i], name: S.nameOf(n.Name) };
  }
  if (new Set(cols.map((x) => x.name)).size < cols.length) refuse('a renaming onto a column that exists');
  return { ...left, cols };
});

operators.set('DistinctOperator', (node, left, sc) => {
  const star = S.list(node.Expressions).some((n) => S.kindOf(n) === 'StarExpression');
  const made = star ? left.cols.map((x, i) => ({ ...x, ev: (r) => r[i] })) : projections(S.list(node.Expressions), { ...left, serialized: false }, sc);
  if (made.some((p) => p.type === 'dynamic')) refuse('distinct of a dynamic');
  return { cols: made.map(({ name, type }) => ({ name, type })), serialized: false, run: (c) => {
    const seen = new Map();
    for (const r of left.run(c)) { const row = made.map((p) => p.ev(r, c)), k = row.map(V.keyOf).join('\u0000'); if (!seen.has(k)) seen.set(k, row); }
    return [...seen.values()];
  } };
});

const SORTABLE = new Set(['int', 'long', 'real', 'datetime', 'timespan', 'string']);
/** {ev, cmp} of one sort key: nulls (and NaN beside them) first for asc, last for desc, unless written. */
function sortKey(node, scope) {
  const ordered = S.kindOf(node) === 'OrderedExpression';
  const e = E.compile(ordered ? node.Expression : node, scope);
  if (!SORTABLE.has(e.type)) refuse(`sort by a ${e.type} (the manual sorts numbers, times and strings)`);
  const words = ordered && node.Ordering ? S.text(node.Ordering) : '';
  const asc = /\basc\b/.test(words), nulls = /nulls\s+(first|last)/.exec(words);
  const first = nulls ? nulls[1] === 'first' : asc;
  const sign = asc ? 1 : -1;
  const rank = (v) => (v === null ? 2 : Number.isNaN(v) ? 1 : 0) * (first ? -1 : 1);
  const text = (a, b) => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return { ev: e.ev, cmp: (a, b) => {
    const d = rank(a) - rank(b);
    if (d || a === null || Number.isNaN(a)) return d;
    return sign * (typeof a === 'string' ? text(a, b) : a < b ? -1 : a > b ? 1 : 0);
  } };
}
function sorted(rows, keys, c) {
  const tagged = rows.map((r) => ({ r, k: keys.map((x) => O.live(x.ev(r, c))) }));
  const cmp = (a, b) => { for (let i = 0; i < keys.length; i += 1) { const d = keys[i].cmp(a.k[i], b.k[i]); if (d) return d; } return 0; };
  return { rows: tagged.sort(cmp), cmp };
}
/** Whether two rows hold the same; an open value equals itself only. */
const sameRow = (a, b) => a.every((v, i) => v === b[i] || (typeof v !== 'symbol' && typeof b[i] !== 'symbol' && V.keyOf(v) === V.keyOf(b[i])));
operators.set('SortOperator', (node, left, sc) => {
  const keys = S.list(node.Expressions).map((n) => sortKey(n, sc.over(left.cols)));
  return { ...left, serialized: true, run: (c) => {
    const { rows, cmp } = sorted(left.run(c), keys, c);
    if (rows.some((t, i) => i > 0 && cmp(rows[i - 1], t) === 0 && !sameRow(rows[i - 1].r, t.r))) c.notes.add('sort by leaves the order of equal rows open; here it is the order of the input');
    return rows.map((t) => t.r);
  } };
});
operators.set('TopOperator', (node, left, sc) => {
  const key = sortKey(node.ByExpression, sc.over(left.cols)), count = E.compile(node.Expression, sc.over([]));
  return { ...left, serialized: true, run: (c) => {
    const { rows, cmp } = sorted(left.run(c), [key], c), n = Number(count.ev(null, c));
    if (n > 0 && n < rows.length && cmp(rows[n - 1], rows[n]) === 0 && !sameRow(rows[n - 1].r, rows[n].r)) refuse('top that cuts through equal rows: which of them is left open');
    return rows.slice(0, Math.max(n, 0)).map((t) => t.r);
  } };
});
operators.set('TakeOperator', (node, left, sc) => {
  const count = E.compile(node.Expression, sc.over([]));
  return { ...left, run: (c) => {
    const rows = left.run(c), n = Number(count.ev(null, c));
    if (n < rows.length && n > 0 && !left.serialized && !rows.every((r) => sameRow(r, rows[0]))) refuse('take from unsorted rows: which of them is left open');
    return rows.slice(0, Math.max(n, 0));
  } };
});
operators.set('CountOperator', (node, left) => ({ cols: [{ name: 'Count', type: 'long' }], serialized: false, run: (c) => [[BigInt(left.run(c).length)]] }));
operators.set('AsOperator', (node, left) => ({ ...left, name: S.nameOf(node.Name) }));
operators.set('RenderOperator', (node, left) => left);
const SYSTEM = { string: 'System.String', long: 'System.Int64', int: 'System.Int32', real: 'System.Double', datetime: 'System.DateTime', timespan: 'System.TimeSpan', bool: 'System.SByte', dynamic: 'System.Object' };
operators.set('GetSchemaOperator', (node, left) => ({
  cols: [{ name: 'ColumnName', type: 'string' }, { name: 'ColumnOrdinal', type: 'int' }, { name: 'DataType', type: 'string' }, { name: 'ColumnType', type: 'string' }],
  serialized: true, run: () => left.cols.map((x, i) => [x.name, BigInt(i), SYSTEM[x.type], x.type]),
}));
operators.set('InvokeOperator', (node, left, sc) => {
  const bound = sc.find(S.nameOf(node.Function.Name));
  if (!bound || bound.kind !== 'function' || !bound.tabular) refuse('invoke of this function');
  return Q.callFunction(bound, S.args(node.Function), sc, 'table', left);
});

module.exports = { fresh, matching, projections };
