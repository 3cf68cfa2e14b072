// Which inputs of a query are in a known row order, by the rules of Microsoft's "Window functions" page: some operators make
// serialized output, some keep what they got, every other one loses it. `scan` and `materialize` are not on the page's lists, so an
// order behind them is not relied upon.
'use strict';

const { walk, typeName } = require('./analyzer');

const NEEDING_FUNCTIONS = new Set(['prev', 'next', 'row_cumsum', 'row_number', 'row_rank_dense', 'row_rank_min', 'row_window_session']);
const MAKING = new Set(['SortOperator', 'TopOperator', 'TopHittersOperator', 'SerializeOperator', 'RangeOperator', 'GetSchemaOperator']);
const KEEPING = new Set([
  'ExtendOperator', 'FilterOperator', 'ProjectOperator', 'ProjectAwayOperator', 'ProjectRenameOperator', 'MvExpandOperator',
  'ParseOperator', 'TakeOperator', 'AsOperator',
]);

/** The window functions and `scan`s whose input has no known order, each as `{ element, name }`. */
function unserialized(root) {
  const lets = letStatements(root);
  const found = [];
  walk(root, (element, type) => {
    const name = needsOrder(element, type);
    if (!name) return;
    const operator = type === 'ScanOperator' ? element : enclosingOperator(element);
    // `serialize` takes window functions itself: it orders its input before it extends it.
    if (typeName(operator) === 'SerializeOperator') return;
    if (!operator || !inputIsOrdered(operator, lets, 0)) found.push({ element, name });
  });
  return found;
}

function needsOrder(element, type) {
  if (type === 'ScanOperator') return 'scan';
  if (type !== 'FunctionCallExpression') return null;
  const name = element.Name.SimpleName;
  return NEEDING_FUNCTIONS.has(name) ? name : null;
}

function enclosingOperator(element) {
  let at = element.Parent;
  while (at && !/Operator$/.test(typeName(at))) at = at.Parent;
  return at;
}

function letStatements(root) {
  const lets = new Map();
  walk(root, (element, type) => {
    if (type === 'LetStatement') lets.set(element.Name.SimpleName, element.Expression);
  });
  return lets;
}

function inputIsOrdered(operator, lets, depth) {
  const pipe = operator.Parent;
  if (typeName(pipe) !== 'PipeExpression' || pipe.Operator !== operator) return false;
  return isOrdered(pipe.Expression, lets, depth);
}

// A `let` cannot refer to itself, but a text that the analyzer faults may; hence the bound.
function isOrdered(expression, lets, depth) {
  if (depth > 200) return false;
  const type = typeName(expression);
  if (type === 'PipeExpression') {
    const operator = typeName(expression.Operator);
    return MAKING.has(operator) || (KEEPING.has(operator) && isOrdered(expression.Expression, lets, depth + 1));
  }
  if (MAKING.has(type)) return true;
  if (type === 'ParenthesizedExpression') return isOrdered(expression.Expression, lets, depth + 1);
  if (type === 'NameReference') return lets.has(expression.SimpleName) && isOrdered(lets.get(expression.SimpleName), lets, depth + 1);
  return false;
}

module.exports = { unserialized };
