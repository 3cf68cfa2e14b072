'use strict';
// summarize: groups, the names of its columns, expressions over aggregates.
// In: the operator's node, the plan on its left, the scope. Out: a plan.
const V = require('./values');
const S = require('./syntax');
const E = require('./expr');
const O = require('./ops');
const { operators } = require('./query');
const { aggregates } = require('./registry');
const { fresh } = require('./operators');

const { refuse } = V;
/** Aggregates whose call makes several columns, with the names of those columns. */
const MANY = {
  arg_max: argNames, arg_min: argNames, take_any: anyNames, any: (...given) => anyNames(...given).map((n) => `any_${n}`),
  percentiles: (given) => given.slice(1).map((p) => `percentile_${E.columnName(given[0]) || ''}_${S.text(p)}`),
};
function anyNames(given, left, keys) {
  return given.flatMap((n) => (S.kindOf(n) === 'StarExpression' ? others(left, keys) : [E.columnName(n)]));
}
function argNames(given, left, keys) {
  const by = E.columnName(given[0]);
  return [by, ...given.slice(1).flatMap((n) => (S.kindOf(n) === 'StarExpression' ? others(left, [...keys, by]) : [E.columnName(n)]))];
}
const others = (left, gone) => left.cols.map((x) => x.name).filter((n) => !gone.includes(n));

function groupKeys(node, left, sc) {
  const used = new Set();
  let unnamed = 0;
  return S.list(node.ByClause ? node.ByClause.Expressions : null).map((n) => {
    const e = E.compile(n, sc.over(left.cols));
    if (e.type === 'dynamic') refuse('summarize by a dynamic (cast it first)');
    let name = E.columnName(n);
    if (name === null) { unnamed += 1; name = `Column${unnamed}`; }
    name = fresh(name, used);
    used.add(name);
    return { name, type: e.type, ev: e.ev };
  });
}

operators.set('SummarizeOperator', (node, left, sc) => {
  const row = sc.over(left.cols), compile = (n) => E.compile(n, row);
  const keys = groupKeys(node, left, sc), keyNames = keys.map((k) => k.name);
  const expand = (nodes, by) => nodes.flatMap((n) => (S.kindOf(n) === 'StarExpression'
    ? others(left, by === undefined ? keyNames : [...keyNames, E.columnName(by)]).map((name) => row.scalar(name)) : [compile(n)]));
  const slots = [];
  const aggregate = (fn, given) => {
    const made = aggregates.get(fn)(given, compile, expand);
    return Array.isArray(made) ? made : [made];
  };
  const over = sc.over([]);
  over.aggregates = { add: (fn, given) => {
    const made = aggregate(fn, given);
    if (made.length !== 1) refuse(`\`${fn}\` inside an expression`);
    const i = slots.push(made[0]) - 1;
    return { type: made[0].type, ev: (r) => r[i] };
  } };

  const outs = [], used = new Set(keyNames);
  const put = (name, type, ev, explicit) => {
    const free = explicit && !used.has(name) ? name : fresh(name, used);
    used.add(free); outs.push({ name: free, type, ev });
  };
  let unnamed = 0;
  for (const n of S.list(node.Aggregates)) {
    const named = S.kindOf(n) === 'SimpleNamedExpression' ? [S.nameOf(n.Name)]
      : S.kindOf(n) === 'CompoundNamedExpression' ? S.list(n.Names.Names).map(S.nameOf) : null;
    const body = named ? n.Expression : n;
    const fn = S.kindOf(body) === 'FunctionCallExpression' ? S.nameOf(body.Name) : null;
    if (fn && MANY[fn] && !sc.find(fn)) {
      const given = S.args(body), names = MANY[fn](given, left, keyNames);
      aggregate(fn, given).forEach((a, k) => {
        const i = slots.push(a) - 1;
        const own = named && k < named.length ? named[k] : names[k];
        if (own === null || own === undefined) refuse(`the name of a column of \`${fn}\``);
        put(own, a.type, (r) => r[i], Boolean(named && k < named.length));
      });
      continue;
    }
    const e = E.compile(body, over);
    let name = named ? named[0] : fn === 'percentile' ? `percentile_${E.columnName(S.args(body)[0]) || ''}_${S.text(S.args(body)[1])}` : E.columnName(body);
    if (named && named.length > 1) refuse('a list of names');
    if (name === null) { unnamed += 1; name = `Column${unnamed}`; }
    put(name, e.type, e.ev, Boolean(named));
  }

  const cols = [...keys, ...outs].map(({ name, type }) => ({ name, type }));
  return { cols, serialized: false, run: (c) => {
    const groups = new Map();
    for (const r of left.run(c)) {
      const ks = keys.map((k) => O.live(k.ev(r, c))), id = ks.map(V.keyOf).join('\u0000');
      const g = groups.get(id);
      if (g) g.rows.push(r); else groups.set(id, { ks, rows: [r] });
    }
    if (!keys.length && !groups.size) groups.set('', { ks: [], rows: [] });
    const saved = c.ordered;
    c.ordered = left.serialized;
    const out = [...groups.values()].map((g) => {
      const filled = slots.map((s) => s.of(g.rows, c));
      return [...g.ks, ...outs.map((o) => o.ev(filled, c))];
    });
    c.ordered = saved;
    return out;
  } };
});
