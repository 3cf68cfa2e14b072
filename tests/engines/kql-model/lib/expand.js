'use strict';
// mv-expand, mv-apply and partition: one row into many, and a subquery per row or per key.
// In: the operator's node, the plan on its left, the scope. Out: a plan.
const V = require('./values');
const S = require('./syntax');
const E = require('./expr');
const Q = require('./query');
const { parameters } = require('./combine');
const { fresh } = require('./operators');

const { refuse } = V;
const { operators } = Q;

/** An element in the type of `to typeof(...)`: a cast, never a parse; what does not fit is null. */
function cast(v, type) {
  if (v === null) return type === 'string' ? '' : null;
  switch (type) {
    case 'dynamic': return v;
    case 'string': return typeof v === 'string' ? v : refuse('mv-expand to string of another value');
    case 'long': case 'int':
      if (typeof v === 'bigint') return type === 'long' || BigInt.asIntN(32, v) === v ? v : refuse('mv-expand to int of a larger value');
      return typeof v === 'string' || typeof v === 'object' ? refuse(`mv-expand to ${type} of another value`) : refuse(`mv-expand to ${type} of another number`);
    case 'real': return typeof v === 'number' || typeof v === 'bigint' ? Number(v) : refuse('mv-expand to real of another value');
    case 'bool': return typeof v === 'boolean' ? v : refuse('mv-expand to bool of another value');
    case 'datetime': return v instanceof V.DynTime ? v.ticks : refuse('mv-expand to datetime of another value');
    case 'timespan': return v instanceof V.DynSpan ? v.ticks : refuse('mv-expand to timespan of another value');
    default: return refuse(`mv-expand to ${type}`);
  }
}
/** The elements of a dynamic; a null is one null, a scalar stays one. */
function elements(v, asArrays) {
  if (v === null) return [null];
  if (Array.isArray(v)) return v;
  if (v instanceof Map) return [...v].map(([k, x]) => (asArrays ? [k, x] : new Map([[k, x]])));
  return [v];
}

/** {cols, expand(row, ctx) -> rows} of the columns to expand; `fallback` names an unnamed expression. */
function expansion(node, left, sc, given) {
  const kind = given.kind || given.bagexpansion || 'bag', index = given.with_itemindex;
  if (kind !== 'bag' && kind !== 'array') refuse(`mv-expand kind=${kind}`);
  const scope = sc.over(left.cols), cols = [...left.cols], parts = [];
  for (const x of S.list(node.Expressions)) {
    const type = x.ToTypeOf ? Q.typeName(S.list(x.ToTypeOf.TypeOf.Types)[0]) : 'dynamic';
    const e = E.compile(x.Expression, scope);
    if (e.type !== 'dynamic') refuse(`mv-expand of a ${e.type}`);
    const name = E.columnName(x.Expression);
    if (name === null) refuse('mv-expand of an expression without a name');
    let at = cols.findIndex((col) => col.name === name);
    if (at < 0) { at = cols.length; cols.push({ name, type }); } else cols[at] = { name, type };
    parts.push({ at, ev: e.ev, type });
  }
  const indexAt = index ? cols.push({ name: fresh(index, new Set(cols.map((x) => x.name))), type: 'long' }) - 1 : -1;
  const limit = node.RowLimitClause ? Number(E.compile(node.RowLimitClause.RowLimit, sc.over([])).constant) : Infinity;
  return { cols, expand: (r, c) => {
    const lists = parts.map((p) => elements(p.ev(r, c), kind === 'array'));
    const n = Math.min(Math.max(...lists.map((l) => l.length)), limit), out = [];
    for (let i = 0; i < n; i += 1) {
      const row = [...r];
      while (row.length < cols.length) row.push(null);
      parts.forEach((p, k) => { row[p.at] = cast(i < lists[k].length ? lists[k][i] : null, p.type); });
      if (indexAt >= 0) row[indexAt] = BigInt(i);
      out.push(row);
    }
    return out;
  } };
}
operators.set('MvExpandOperator', (node, left, sc) => {
  if (!/^mv-expand$/.test(node.GetChild(0).Text)) refuse('the legacy mvexpand');
  const { cols, expand } = expansion(node, left, sc, parameters(node, ['kind', 'bagexpansion', 'with_itemindex']));
  return { ...left, cols, run: (c) => left.run(c).flatMap((r) => expand(r, c)) };
});

/** A plan that yields the rows put into it, and the subquery over it. */
function fed(cols, serialized, node, sc, compile) {
  const box = { rows: [] };
  const plan = compile({ cols, serialized, run: () => box.rows });
  return { plan, run: (rows, c) => { const saved = box.rows, memo = c.memo; box.rows = rows; const out = plan.run(c); box.rows = saved; c.memo = memo; return out; } };
}

operators.set('MvApplyOperator', (node, left, sc) => {
  const given = parameters(node, ['with_itemindex']);
  const { cols, expand } = expansion(node, left, sc, given);
  const sub = fed(cols, left.serialized, node, sc, (source) => Q.plan(node.Subquery.Expression, sc, source));
  // the columns that the subquery drops come back, except those that were expanded or made by it
  const expanded = new Set(S.list(node.Expressions).map((x) => E.columnName(x.Expression)));
  const missing = left.cols.map((x, i) => [x, i]).filter(([x]) => !expanded.has(x.name) && !sub.plan.cols.some((y) => y.name === x.name));
  const out = [...missing.map(([x]) => x), ...sub.plan.cols];
  return { cols: out, serialized: false, run: (c) => left.run(c).flatMap((r) => {
    const rows = sub.run(expand(r, c), c);
    return rows.map((s) => [...missing.map(([, i]) => r[i]), ...s]);
  }) };
});

/** What the manual allows inside a native or shuffle partition. */
const IN_PARTITION = new Set(['Count', 'Distinct', 'Extend', 'MvApply', 'MvExpand', 'Project', 'ProjectAway', 'ProjectKeep', 'ProjectRename',
  'ProjectReorder', 'Scan', 'Serialize', 'Sort', 'Summarize', 'Take', 'Top', 'Filter'].map((n) => `${n}Operator`));
function checkPartition(node) {
  if (S.kindOf(node) === 'PipeExpression') { checkPartition(node.Expression); checkPartition(node.Operator); return; }
  if (!IN_PARTITION.has(S.kindOf(node))) refuse(`\`${S.text(node).split(' ')[0]}\` inside a native partition`);
}

operators.set('PartitionOperator', (node, left, sc) => {
  parameters(node, []);
  const strategy = S.list(node.Parameters).find((p) => S.nameOf(p.Name) === 'hint.strategy');
  const native = strategy && ['native', 'shuffle'].includes(S.text(strategy.Expression));
  const at = left.cols.findIndex((x) => x.name === S.nameOf(node.ByExpression));
  if (at < 0 || left.cols[at].type === 'dynamic') refuse('partition by this expression');
  if (S.kindOf(node.Operand) !== 'PartitionSubquery') refuse('partition with a query in braces');
  if (native) checkPartition(node.Operand.Subquery);
  const sub = fed(left.cols, false, node, sc, (source) => Q.plan(node.Operand.Subquery, sc, source));
  return { cols: sub.plan.cols, serialized: false, run: (c) => {
    const parts = new Map();
    for (const r of left.run(c)) { const k = V.keyOf(r[at]); if (parts.has(k)) parts.get(k).push(r); else parts.set(k, [r]); }
    if (!native && parts.size > 64) refuse('partition of more than 64 keys without hint.strategy=native');
    return [...parts.values()].flatMap((rows) => sub.run(rows, c));
  } };
});
