'use strict';
// Microsoft's own parser and analyzer, and the few readers of its tree that the model needs.
// In: a query's text and the schemas. Out: the tree, the analyzer's errors and the analyzer's result columns.
// Must never know what a query means.
const path = require('path');
const { refuse } = require('./values');

const root = process.env.KQL_LANGUAGE_SERVICE || path.join(__dirname, '..', '..', 'node_modules', '@kusto', 'language-service-next');
require(path.join(root, 'bridge.min.js'));
require(path.join(root, 'Kusto.Language.Bridge.min.js'));
const K = globalThis.Kusto.Language;
const Y = K.Symbols;

const each = (seq) => {
  const out = [], it = globalThis.Bridge.getEnumerator(seq);
  while (it.moveNext()) out.push(it.Current);
  return out;
};
/** The node's class without its namespace: `BinaryExpression`. */
const kindOf = (node) => { const n = node.constructor.$$name; return n.slice(n.lastIndexOf('.') + 1); };
const kindNames = {};
for (const k of Object.keys(K.Syntax.SyntaxKind)) if (typeof K.Syntax.SyntaxKind[k] === 'number') kindNames[K.Syntax.SyntaxKind[k]] = k;
/** A literal's type: `long` of LongLiteralExpression. */
const literalType = (node) => { const t = kindNames[node.Kind].replace('LiteralExpression', '').toLowerCase(); return t === 'boolean' ? 'bool' : t; };
/** The elements of a syntax list, separators dropped. */
function list(node) {
  const out = [];
  if (!node) return out;
  for (let i = 0; i < node.ChildCount; i += 1) {
    const child = node.GetChild(i);
    if (!child) continue;
    out.push(child.constructor.$$name.includes('SeparatedElement') ? child.GetChild(0) : child);
  }
  return out;
}
/** The node's tokens without comments and line ends, one blank between them. */
function text(node) {
  if (!node.ChildCount) return node.Text || '';
  const out = [];
  for (let i = 0; i < node.ChildCount; i += 1) { const child = node.GetChild(i); if (child) { const t = text(child); if (t) out.push(t); } }
  return out.join(' ');
}
const args = (call) => list(call.ArgumentList.Expressions);
const nameOf = (node) => node.SimpleName;

const TYPES = { string: 'String', long: 'Long', int: 'Int', real: 'Real', datetime: 'DateTime', timespan: 'TimeSpan', bool: 'Bool', dynamic: 'Dynamic' };
const symbols = (columns) => Object.entries(columns).map(([name, type]) => new Y.ColumnSymbol(name,
  Y.ScalarTypes[TYPES[type] || refuse(`a column of type \`${type}\``)]));

/** The analyzer's world: the job's tables, and `_GetWatchlist` with the schema of each list. */
function globalsFor(tables, watchlists) {
  const members = Object.entries(tables).map(([name, t]) => new Y.TableSymbol.$ctor4(name, symbols(t.columns)));
  const lists = new Map(Object.entries(watchlists).map(([name, t]) => [name, new Y.TableSymbol.ctor(symbols(t.columns))]));
  const returns = (info) => {
    const first = info.Arguments && each(info.Arguments)[0];
    return (first && lists.get(String(first.ConstantValue))) || Y.TableSymbol.Empty;
  };
  members.push(new Y.FunctionSymbol.ctor('_GetWatchlist', returns, Y.Tabularity.Tabular, [new Y.Parameter.$ctor2('name', Y.ScalarTypes.String)]));
  return K.GlobalState.Default.WithDatabase(new Y.DatabaseSymbol.ctor('db', members));
}

const LOOSE = new Set(['LongLiteralToken', 'RealLiteralToken', 'DateTimeLiteralToken', 'TimespanLiteralToken']);
/** The query's tokens with numbers and times by kind: what the analyzer says depends on nothing more. */
function shape(node, out = []) {
  if (!node.ChildCount) out.push(LOOSE.has(kindNames[node.Kind]) ? kindNames[node.Kind] : node.Text || '');
  for (let i = 0; i < node.ChildCount; i += 1) { const child = node.GetChild(i); if (child) shape(child, out); }
  return out;
}
const complain = (code) => {
  const errors = each(code.GetDiagnostics()).filter((d) => d.Severity === 'Error');
  if (errors.length) refuse('the analyzer refuses the query: ' + errors.map((d) => `${d.Message} (at ${d.Start})`).join('; '));
};

/**
 * Parses and analyzes; an analyzer error is a refusal that carries its words. `seen` keeps the result columns by
 * shape, since analysis costs five times the parse. With `analyzed` false only the syntax is checked.
 */
function analyze(text_, globals, seen, analyzed) {
  const code = K.KustoCode.Parse(text_);
  complain(code);
  if (!analyzed) return { tree: code.Syntax, columns: null };
  const key = shape(code.Syntax).join('\u0000');
  if (!seen.has(key)) {
    const full = K.KustoCode.ParseAndAnalyze(text_, globals);
    complain(full);
    seen.set(key, full.ResultType && full.ResultType.Columns
      ? each(full.ResultType.Columns).map((c) => ({ name: c.Name, type: c.Type.Name })) : null);
  }
  return { tree: code.Syntax, columns: seen.get(key) };
}

const NAMING = { 0: 'none', 1: 'name+first', 2: 'name+only', 3: 'prefix+first', 4: 'prefix+only', 5: 'columnvalue', 6: 'prefix', 7: 'first', 8: 'only' };
const naming = new Map([...each(K.Functions.All), ...each(K.Aggregates.All)]
  .map((f) => [f.Name, { kind: NAMING[f.ResultNameKind] || 'none', prefix: f.ResultNamePrefix }]));
/** The name that a call's result column gets where the query gives none, or null. */
function callName(call, argName) {
  const fn = nameOf(call.Name), how = naming.get(fn), given = args(call);
  if (!how) return null;
  const first = given.length ? argName(given[0]) : null;
  const only = given.length === 1 ? first : null;
  switch (how.kind) {
    case 'first': return first;
    case 'only': return only;
    case 'name+first': return fn + '_' + (first || '');
    case 'name+only': return fn + '_' + (only || '');
    case 'prefix+first': return how.prefix + '_' + (first || '');
    case 'prefix+only': return how.prefix + '_' + (only || '');
    case 'prefix': return how.prefix;
    default: return null;
  }
}

module.exports = { kindOf, literalType, text, list, args, nameOf, globalsFor, analyze, callName };
