'use strict';
// join, lookup and union. In: the operator's node, the plan on its left, the scope. Out: a plan.
const V = require('./values');
const S = require('./syntax');
const O = require('./ops');
const Q = require('./query');
const { Scope } = require('./scope');
const { fresh } = require('./operators');

const { refuse } = V;
const { operators } = Q;

/** The named parameters before the operand: { kind: 'inner', ... }; hints do not change the meaning. */
function parameters(node, allowed) {
  const out = {};
  for (const p of S.list(node.Parameters)) {
    const name = S.nameOf(p.Name), value = p.Expression.SimpleName || S.text(p.Expression);
    if (name.startsWith('hint.')) continue;
    if (!allowed.includes(name)) refuse(`the parameter \`${name}\``);
    out[name] = value;
  }
  return out;
}

/** Pairs [left index, right index] of `on a, $left.b == $right.c and ...`. */
function conditions(clause, left, right) {
  if (!clause || S.kindOf(clause) !== 'JoinOnClause') refuse('a join without `on`');
  const find = (plan, name) => { const i = plan.cols.findIndex((x) => x.name === name); return i < 0 ? refuse(`the join column \`${name}\``) : i; };
  const side = (n) => {
    if (S.kindOf(n) !== 'PathExpression' || S.kindOf(n.Expression) !== 'NameReference') return refuse('this join condition');
    return [S.nameOf(n.Expression), S.nameOf(n.Selector)];
  };
  const read = (n) => {
    const kind = S.kindOf(n);
    if (kind === 'ParenthesizedExpression') return read(n.Expression);
    if (kind === 'NameReference') { const name = S.nameOf(n); return [[find(left, name), find(right, name)]]; }
    if (kind !== 'BinaryExpression') return refuse('this join condition');
    if (n.Operator.Text === 'and') return [...read(n.Left), ...read(n.Right)];
    if (n.Operator.Text !== '==') return refuse('this join condition');
    const a = side(n.Left), b = side(n.Right);
    const [l, r] = a[0] === '$left' && b[0] === '$right' ? [a[1], b[1]] : a[0] === '$right' && b[0] === '$left' ? [b[1], a[1]] : refuse('this join condition');
    return [[find(left, l), find(right, r)]];
  };
  const pairs = S.list(clause.Expressions).flatMap(read);
  for (const [i, j] of pairs) {
    const a = left.cols[i].type, b = right.cols[j].type;
    if ((a !== b && !(O.INTS.has(a) && O.INTS.has(b))) || a === 'dynamic' || a === 'real') refuse(`a join of ${a} with ${b}`);
  }
  return pairs;
}

/** Rows of the right by key; a null key on both sides is refused (the manual does not say if they meet). */
function matcher(pairs, right, leftRows, strings) {
  const index = new Map();
  const nullsOf = (row, side) => pairs.some((p) => row[p[side]] === null);
  const someLeft = leftRows.some((r) => nullsOf(r, 0)), someRight = right.some((r) => nullsOf(r, 1));
  if (someLeft && someRight) refuse('a join in which both sides have null keys');
  const key = (row, side) => pairs.map((p) => V.keyOf(row[p[side]])).join('\u0000');
  right.forEach((r, i) => { const k = key(r, 1), at = index.get(k); if (at) at.push(i); else index.set(k, [i]); });
  return (row) => (nullsOf(row, 0) ? [] : index.get(key(row, 0)) || []);
}
const blanks = (cols) => cols.map((x) => (x.type === 'string' ? '' : null));

const ONE_SIDED = { leftsemi: [true, true], leftanti: [true, false], anti: [true, false], leftantisemi: [true, false],
  rightsemi: [false, true], rightanti: [false, false], rightantisemi: [false, false] };
const TWO_SIDED = { inner: [false, false], leftouter: [true, false], rightouter: [false, true], fullouter: [true, true], innerunique: [false, false] };

operators.set('JoinOperator', (node, left, sc) => {
  const { kind = 'innerunique' } = parameters(node, ['kind']);
  const right = Q.plan(node.Expression, new Scope(sc, { cols: null }));
  const pairs = conditions(node.ConditionClause, left, right);
  if (ONE_SIDED[kind]) {
    const [keepLeft, wanted] = ONE_SIDED[kind];
    const [from, other, turned] = keepLeft ? [left, right, pairs] : [right, left, pairs.map(([i, j]) => [j, i])];
    return { cols: from.cols, serialized: false, run: (c) => {
      const rows = from.run(c), find = matcher(turned, other.run(c), rows);
      return rows.filter((r) => (find(r).length > 0) === wanted);
    } };
  }
  const outer = TWO_SIDED[kind] || refuse(`the join kind \`${kind}\``);
  const used = new Set(left.cols.map((x) => x.name)), cols = [...left.cols];
  for (const x of right.cols) { const name = fresh(x.name, used); used.add(name); cols.push({ name, type: x.type }); }
  return { cols, serialized: false, run: (c) => {
    const ls = left.run(c), rs = right.run(c), find = matcher(pairs, rs, ls), out = [], met = new Set();
    if (kind === 'innerunique') unique(ls, pairs);
    for (const l of ls) {
      const at = find(l);
      for (const i of at) { met.add(i); out.push([...l, ...rs[i]]); }
      if (!at.length && outer[0]) out.push([...l, ...blanks(right.cols)]);
    }
    if (outer[1]) rs.forEach((r, i) => { if (!met.has(i)) out.push([...blanks(left.cols), ...r]); });
    return out;
  } };
});
/** innerunique keeps any one left row per key: refused unless there is only one. */
function unique(rows, pairs) {
  const seen = new Set();
  for (const r of rows) {
    const k = pairs.map((p) => V.keyOf(r[p[0]])).join('\u0000');
    if (seen.has(k)) refuse('the default join (innerunique) with a key that repeats on the left: which row it keeps is left open');
    seen.add(k);
  }
}

operators.set('LookupOperator', (node, left, sc) => {
  const { kind = 'leftouter' } = parameters(node, ['kind']);
  if (kind !== 'leftouter' && kind !== 'inner') refuse(`the lookup kind \`${kind}\``);
  const right = Q.plan(node.Expression, new Scope(sc, { cols: null }));
  const pairs = conditions(node.LookupClause, left, right), keys = new Set(pairs.map((p) => p[1]));
  const kept = right.cols.map((_, i) => i).filter((i) => !keys.has(i));
  const used = new Set(left.cols.map((x) => x.name)), cols = [...left.cols];
  for (const i of kept) { const name = fresh(right.cols[i].name, used); used.add(name); cols.push({ name, type: right.cols[i].type }); }
  const none = blanks(kept.map((i) => right.cols[i]));
  return { cols, serialized: false, run: (c) => {
    const ls = left.run(c), rs = right.run(c), find = matcher(pairs, rs, ls), out = [];
    for (const l of ls) {
      const at = find(l);
      for (const i of at) out.push([...l, ...kept.map((k) => rs[i][k])]);
      if (!at.length && kind === 'leftouter') out.push([...l, ...none]);
    }
    return out;
  } };
});

operators.set('UnionOperator', (node, source, sc) => {
  const given = parameters(node, ['kind', 'withsource', 'isfuzzy']);
  const kind = given.kind || 'outer';
  if (kind !== 'outer' && kind !== 'inner') refuse(`the union kind \`${kind}\``);
  const fuzzy = given.isfuzzy === 'true';
  const none = new Scope(sc, { cols: null });
  const legs = [...(source ? [source] : []), ...S.list(node.Expressions).map((n) => {
    if (S.kindOf(n) === 'NameReference' && S.text(n).includes('*')) refuse('a union over a wildcard');
    if (!fuzzy) return Q.plan(n, none);
    try { return Q.plan(n, none); } catch (e) { if (e instanceof V.NoTable) return null; throw e; }
  })].filter(Boolean);
  if (!legs.length) refuse('a union of which no table exists');
  if (given.withsource && legs.some((l) => !l.name)) refuse('withsource over a leg that has no name');
  // one column per name and type; a name with several types gets the type as a suffix
  const types = new Map();
  for (const l of legs) for (const x of l.cols) types.set(x.name, (types.get(x.name) || new Set()).add(x.type));
  let wanted = [];
  for (const l of legs) {
    for (const x of l.cols) {
      if (wanted.some((w) => w.name === x.name && w.type === x.type)) continue;
      const beside = wanted.map((w) => w.name).lastIndexOf(x.name); // the analyzer keeps the types of a name together
      wanted.splice(beside < 0 ? wanted.length : beside + 1, 0, x);
    }
  }
  if (kind === 'inner') sc.tables.unchecked = true; // the analyzer does not know that kind=inner drops columns
  if (kind === 'inner') wanted = wanted.filter((w) => legs.every((l) => l.cols.some((x) => x.name === w.name && x.type === w.type)));
  const plain = wanted.filter((w) => types.get(w.name).size === 1 || kind === 'inner').map((w) => w.name), used = new Set(plain);
  const cols = wanted.map((w) => {
    if (plain.includes(w.name)) return { name: w.name, type: w.type };
    const name = fresh(`${w.name}_${w.type}`, used);
    used.add(name);
    return { name, type: w.type };
  });
  const maps = legs.map((l) => wanted.map((w) => l.cols.findIndex((x) => x.name === w.name && x.type === w.type)));
  const empty = blanks(wanted);
  const head = given.withsource ? [{ name: given.withsource, type: 'string' }] : [];
  return { cols: [...head, ...cols], serialized: false, run: (c) => legs.flatMap((l, k) => l.run(c).map((r) => {
    const row = maps[k].map((i, n) => (i < 0 ? empty[n] : r[i]));
    return given.withsource ? [l.name, ...row] : row;
  })) };
});

module.exports = { parameters };
