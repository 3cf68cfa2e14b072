// Microsoft's Kusto analyzer behind one function: query and schema in, diagnostics and syntax tree out.
// Knows nothing of siemc's own checks; those are in checks.js and serialized.js.
'use strict';

const SCALAR_TYPES = {
  string: 'String', long: 'Long', int: 'Int', real: 'Real', decimal: 'Decimal', datetime: 'DateTime',
  timespan: 'TimeSpan', bool: 'Bool', dynamic: 'Dynamic', guid: 'Guid',
};

// What every Sentinel watchlist has beside its own columns (Microsoft, "Use watchlists in Microsoft Sentinel").
const WATCHLIST_COLUMNS = { _DTItemId: 'string', LastUpdatedTimeUTC: 'datetime', SearchKey: 'string', WatchlistItem: 'dynamic' };

const FAULT_SEVERITIES = new Set(['Error', 'Warning']);

const Kusto = load();
const { Symbols, Syntax } = Kusto.Language;

/** A query of the request, analyzed: `code` is Microsoft's `KustoCode`, with semantics. */
function analyze(query) {
  return Kusto.Language.KustoCode.ParseAndAnalyze(query.text, globalsFor(query));
}

/** The analyzer's errors and warnings; suggestions, information and hidden hints are left out. */
function faultsOf(code) {
  return list(code.GetDiagnostics(), Kusto.Language.Diagnostic)
    .filter((found) => FAULT_SEVERITIES.has(found.Severity))
    .map((found) => ({ code: found.Code, severity: found.Severity.toLowerCase(), message: found.Message, at: found.Start, width: found.Length }));
}

/** Name and type of each column that the query returns, in order; null where it returns no table. */
function columnsOf(code) {
  const result = code.ResultType;
  if (!result || !(result instanceof Symbols.TableSymbol)) return null;
  return list(result.Columns, Symbols.ColumnSymbol).map((column) => [column.Name, column.Type.Name]);
}

/** Calls `visit(element, typeName)` for each element of the tree, in source order. */
function walk(root, visit) {
  root.WalkElements((element) => visit(element, typeName(element)));
}

function typeName(element) {
  return element ? Bridge.Reflection.getTypeName(element) : '';
}

function list(sequence, type) {
  return sequence ? System.Linq.Enumerable.from(sequence, type).ToArray() : [];
}

/** The elements of a `SyntaxList<SeparatedElement<T>>`, without their separators. */
function separated(syntaxList) {
  const found = [];
  for (let index = 0; syntaxList && index < syntaxList.ChildCount; index += 1) {
    const child = syntaxList.GetChild(index);
    found.push(typeName(child).startsWith('SeparatedElement') ? child.GetChild(0) : child);
  }
  return found.filter(Boolean);
}

const globalsBySchema = new Map();

function globalsFor({ tables = {}, watchlists = {}, functions = {} }) {
  const key = JSON.stringify([tables, watchlists, functions]);
  if (!globalsBySchema.has(key)) {
    const members = [
      ...Object.entries(tables).map(([name, columns]) => tableSymbol(name, columns)),
      ...Object.entries(Array.isArray(functions) ? {} : functions).map(([name, shape]) => functionSymbol(name, shape)),
      watchlistFunction(watchlists),
    ];
    globalsBySchema.set(key, Kusto.Language.GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor('siem', members)));
  }
  return globalsBySchema.get(key);
}

function tableSymbol(name, columns) {
  return new Symbols.TableSymbol.$ctor4(name, columnSymbols(columns));
}

function columnSymbols(columns) {
  return Object.entries(columns).map(([name, type]) => new Symbols.ColumnSymbol(name, scalarType(type)));
}

function scalarType(name) {
  const member = SCALAR_TYPES[name];
  if (!member) throw new RangeError(`unknown column type \`${name}\`: expected one of ${Object.keys(SCALAR_TYPES).join(', ')}`);
  return Symbols.ScalarTypes[member];
}

// `shape`: { parameters: "(starttime:datetime=datetime(null))", columns: {...} } for a table, { parameters, returns: "string" } for a scalar.
function functionSymbol(name, { parameters = '()', columns, returns }) {
  const type = columns ? new Symbols.TableSymbol.ctor(columnSymbols(columns)) : scalarType(returns);
  return new Symbols.FunctionSymbol.$ctor6(name, type, Symbols.Parameter.ParseList(parameters), null);
}

// The columns depend on the alias, which must be a literal; an alias that is not declared has the standard columns only.
function watchlistFunction(watchlists) {
  const returned = (call) => {
    const alias = list(call.Arguments, Syntax.Expression)[0];
    const own = watchlists[alias && alias.LiteralValue] || {};
    return new Symbols.TableSymbol.ctor(columnSymbols({ ...WATCHLIST_COLUMNS, ...own }));
  };
  const alias = new Symbols.Parameter.$ctor2('watchlistAlias', Symbols.ScalarTypes.String);
  return new Symbols.FunctionSymbol.$ctor1('_GetWatchlist', returned, Symbols.Tabularity.Tabular, [alias]);
}

// The package is two browser scripts that hang their names on the global object; its start-up notices would spoil standard output.
function load() {
  const log = console.log;
  console.log = () => {};
  try {
    require('@kusto/language-service-next/bridge.js');
    require('@kusto/language-service-next/Kusto.Language.Bridge.js');
  } finally {
    console.log = log;
  }
  return globalThis.Kusto;
}

module.exports = { analyze, faultsOf, columnsOf, walk, typeName, list, separated };
