// What Microsoft's analyzer lets pass and the engine refuses or answers differently: checked here over Microsoft's own syntax tree.
// Each check is `(root, query) -> [{ code, message, element }]`; adding one is adding it to CHECKS.
'use strict';

const net = require('node:net');
const { RE2JS } = require('re2js');
const { walk, typeName, separated } = require('./analyzer');
const { unserialized } = require('./serialized');
const { stringLiterals, integersFit, datetimesExist, escapesMeanOneThing, datatableCellsFit } = require('./literals');

const CHECKS = [
  oneResult, orderChecked, regexesCompile, equalityWithinOneType, branchesOfOneType, cidrsExist, joinsNameTheirKind, scanMatchId,
  watchlistsDeclared, partitionsUnbounded, integersFit, datetimesExist, escapesMeanOneThing,
  datatableCellsFit,
];

/** Every own fault of the tree. `query` gives the declared watchlists. */
function ownFaults(root, query) {
  return CHECKS.flatMap((check) => check(root, query)).map(({ code, message, element }) => ({
    code, severity: 'error', message, at: element.TextStart, width: element.Width,
  }));
}

// An analytics rule runs one query: `let`s and then one table.
function oneResult(root) {
  const results = [];
  walk(root, (element, type) => {
    if (type === 'ExpressionStatement') results.push(element);
  });
  const [, second] = results;
  if (results.length === 1) return [];
  return [{ code: 'one-result', element: second || root, message: `${results.length} statements give a result: expected one` }];
}

function orderChecked(root) {
  return unserialized(root).map(({ element, name }) => ({
    code: 'unserialized', element, message: `\`${name}\` reads rows in order, but nothing in front of it orders them: expected \`sort by\` or \`serialize\``,
  }));
}

// The place of the regular expression among the arguments.
const REGEX_ARGUMENT = { extract: 0, extract_all: 0, replace: 0, replace_regex: 1, indexof_regex: 1, trim: 0, trim_start: 0, trim_end: 0 };

function regexesCompile(root) {
  const found = [];
  const compile = (element) => {
    const pattern = constantString(element);
    if (pattern === null) return;
    try {
      RE2JS.compile(pattern);
    } catch (error) {
      found.push({ code: 'bad-regex', element, message: `\`${pattern}\` is not a regular expression of RE2: ${error.message}` });
    }
  };
  walk(root, (element, type) => {
    if (type === 'BinaryExpression' && /regex/.test(element.Operator.Text)) compile(element.Right);
    if (type !== 'FunctionCallExpression') return;
    const place = REGEX_ARGUMENT[element.Name.SimpleName];
    const given = argumentsOf(element);
    if (place !== undefined && given[place]) compile(given[place]);
    if (element.Name.SimpleName === 'countof' && constantString(given[2]) === 'regex') compile(given[1]);
  });
  return found;
}

function equalityWithinOneType(root) {
  const found = [];
  const compare = (element, left, right) => {
    const [one, other] = [family(left), family(right)];
    if (one && other && one !== other) {
      found.push({ code: 'mixed-equality', element, message: `a ${one} is compared with a ${other}: expected one type on both sides` });
    }
    if (isDynamic(left) && isDynamic(right)) {
      found.push({ code: 'dynamic-equality', element, message: 'two dynamic values are compared: expected a cast, as `tostring(...)`' });
    }
  };
  walk(root, (element, type) => {
    if (type === 'BinaryExpression' && ['==', '!=', '<>'].includes(element.Operator.Text)) compare(element, element.Left, element.Right);
    if (type === 'InExpression') separated(element.Right.Expressions).forEach((value) => compare(value, element.Left, value));
  });
  return found;
}

// The places of the values among which these functions choose.
const BRANCHES = {
  iff: (given) => given.slice(1), iif: (given) => given.slice(1), coalesce: (given) => given, min_of: (given) => given, max_of: (given) => given,
  case: (given) => given.filter((_, place) => place % 2 === 1 || place === given.length - 1),
};

function branchesOfOneType(root) {
  const found = [];
  walk(root, (element, type) => {
    if (type !== 'FunctionCallExpression' || !Object.hasOwn(BRANCHES, element.Name.SimpleName)) return;
    const families = new Set(BRANCHES[element.Name.SimpleName](argumentsOf(element)).map(family).filter(Boolean));
    if (families.size > 1) found.push({ code: 'mixed-branches', element, message: `\`${element.Name.SimpleName}\` chooses among ${[...families].join(' and ')}: expected one type` });
  });
  return found;
}

const FAMILIES = { string: 'string', int: 'number', long: 'number', real: 'number', decimal: 'number', bool: 'bool', datetime: 'datetime', timespan: 'timespan' };

// Unknown, dynamic and tabular types are no family: the engine converts them or the analyzer speaks of them.
function family(expression) {
  return (expression.ResultType && FAMILIES[expression.ResultType.Name]) || null;
}

function isDynamic(expression) {
  return expression.ResultType !== null && expression.ResultType !== undefined && expression.ResultType.Name === 'dynamic';
}

const CIDR_FUNCTIONS = new Set(['ipv4_is_in_range', 'ipv4_is_in_any_range', 'ipv4_is_match', 'ipv4_compare', 'parse_ipv4_mask', 'ipv6_is_in_range', 'ipv6_is_in_any_range', 'ipv6_is_match', 'ipv6_compare']);

function cidrsExist(root) {
  const found = [];
  walk(root, (element, type) => {
    if (type !== 'FunctionCallExpression' || !CIDR_FUNCTIONS.has(element.Name.SimpleName)) return;
    argumentsOf(element).flatMap(stringLiterals).forEach((literal) => {
      const value = literal.LiteralValue;
      if (!isAddressOrCidr(value)) found.push({ code: 'bad-cidr', element: literal, message: `\`${value}\` is no IP address or CIDR range` });
    });
  });
  return found;
}

function isAddressOrCidr(text) {
  const [address, prefix, ...rest] = text.split('/');
  const version = net.isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

// The default kind, `innerunique`, keeps an arbitrary row of each key on the left.
function joinsNameTheirKind(root) {
  const found = [];
  walk(root, (element, type) => {
    if (type !== 'JoinOperator') return;
    const kinds = parameterNames(element).filter((name) => name === 'kind');
    if (kinds.length === 0) found.push({ code: 'join-kind', element: element.GetFirstToken(), message: '`join` without `kind=` keeps an arbitrary left row: expected `kind=inner` or another kind' });
  });
  return found;
}

// The analyzer gives every `scan` a `match_id` column, the engine only one that has `with_match_id=`.
function scanMatchId(root) {
  const found = [];
  let declared = false;
  walk(root, (element, type) => {
    if (type === 'NameDeclaration' && element.SimpleName === 'match_id') declared = true;
    if (type === 'NameReference' && element.SimpleName === 'match_id' && !declared) {
      found.push({ code: 'scan-match-id', element, message: '`match_id` exists only where `scan with_match_id=match_id` names it' });
    }
  });
  return found;
}

function watchlistsDeclared(root, { watchlists = {} }) {
  const found = [];
  walk(root, (element, type) => {
    if (type !== 'FunctionCallExpression' || element.Name.SimpleName !== '_GetWatchlist') return;
    const [alias] = argumentsOf(element);
    const name = alias ? constantString(alias) : null;
    if (name === null) found.push({ code: 'watchlist-alias', element, message: '`_GetWatchlist` needs its alias as a string literal' });
    else if (!Object.hasOwn(watchlists, name)) found.push({ code: 'unknown-watchlist', element: alias, message: `the watchlist \`${name}\` is not declared` });
  });
  return found;
}

// Without the hint `partition` is the legacy strategy, which stops at 64 keys.
function partitionsUnbounded(root) {
  const found = [];
  walk(root, (element, type) => {
    if (type === 'PartitionOperator' && !parameterNames(element).includes('hint.strategy')) {
      found.push({ code: 'partition-strategy', element: element.GetFirstToken(), message: '`partition` without `hint.strategy=native` or `shuffle` stops at 64 keys' });
    }
  });
  return found;
}

function parameterNames(operator) {
  return separated(operator.Parameters).map((parameter) => parameter.Name && parameter.Name.SimpleName);
}

function argumentsOf(call) {
  return separated(call.ArgumentList && call.ArgumentList.Expressions);
}

function constantString(expression) {
  const value = expression && (expression.LiteralValue ?? expression.ConstantValue);
  return typeof value === 'string' && typeName(expression) !== 'DynamicExpression' ? value : null;
}

module.exports = { ownFaults };
